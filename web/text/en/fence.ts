/** What is done with a cluster as a whole: fence devices, a rebalance, a backup. */
export const fenceText = {
  fences: {
    title: "Fence devices",
    hint: "A command for each host that switches it off from outside, so that its guests in shared pools can come back elsewhere without running twice.",
    of: (host: string) => `fence device of ${host}`,
    none: "none: guests in shared pools do not come back from it",
    command: "Command",
    commandHint: "The program by its whole path, then each argument on a line of its own.",
    timeout: "It may take",
    last: "Last used",
    never: "never",
    worked: "worked",
    failed: "failed",
    set: "Set",
    change: "Change",
    setTitle: (host: string) => `What switches ${host} off`,
    setHint:
      "It runs as root on whichever host takes over, so it has to be on each at the same path. Exit code 0 means that the host is surely off: what it says is believed.",
    confirm: "It is off",
    confirmTitle: (host: string) => `Is ${host} off?`,
    confirmWarning:
      "Its highly available guests start on other hosts then. If it is not off, both hosts write to the same disks and destroy them: look first.",
    removeTitle: (host: string) => `Remove the fence device of ${host}?`,
    removeWarning:
      "When the host is lost, its guests in shared pools stay away until somebody says that it is off.",
  },
  rebalancing: {
    action: "Rebalance",
    title: "Spread guests anew",
    hint: "Nothing has moved yet: this is the plan. The moves are made one after another.",
    nothing: "No guest has to move.",
    underWay: "The moves are made one after another for as long as this is open.",
    moves: (count: number) => (count === 1 ? "1 guest moves" : `${count} guests move`),
    apart: (before: string, after: string) => `The hosts' loads are ${before} apart, and will be ${after}.`,
    begin: "Move them",
    moving: "moving",
    done: "there",
  },
  backup: {
    action: "Back up",
    title: "Back up what the cluster knows",
    hint: "Records of guests, networks and accounts of every host, not what is on disks.",
    key: "Secrets in it are sealed by a key that each host has in cluster/secret.key of Lodge's home. Keep a copy of that somewhere else.",
    path: (host: string) => `File on ${host}, which is not there yet`,
    where: "Where to",
    here: "This computer",
    there: (host: string) => `A file on ${host}`,
    download: "Download",
    sent: (size: string) =>
      `It has been downloaded: ${size}. 'lodge cluster restore' on a host begins anew from it.`,
    write: "Write",
    written: (path: string, size: string) => `${path} has it all: ${size}.`,
  },
  leave: {
    action: "Leave the cluster",
    title: (host: string) => `Take ${host} out of the cluster?`,
    warning:
      "It stands alone then, with the accounts that it had before it joined and without images. Its daemon starts anew, and this page may ask you to sign in again.",
  },
};
