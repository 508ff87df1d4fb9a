/** Many hosts that are one: which there are, what is where, and what goes from one to another. */
export const clusterText = {
  hosts: {
    title: "Hosts",
    one: "Host",
    unanswered: (hosts: string, count: number) =>
      count === 1
        ? `${hosts} does not answer: what is on it is not shown here.`
        : `${hosts} do not answer: what is on them is not shown here.`,
    noQuorum: (at: string) =>
      `The cluster has no quorum: nothing can be changed, and other hosts are shown as known at ${at}. What runs goes on. The page of the hosts says what to do.`,
    asOf: (at: string) => `as known at ${at}`,
    old: (hosts: string, count: number) =>
      count === 1
        ? `${hosts} does not answer: what is shown of its guests is what was known last.`
        : `${hosts} do not answer: what is shown of their guests is what was known last.`,
    states: {
      answers: "answers",
      away: "does not answer",
      unknown: "not known",
      draining: "draining",
      drained: "drained",
    },
    awaySince: "Does not answer since",
    address: "Address",
    version: "Lodge",
    voter: "Voter",
    voterHint: "It keeps a copy of the cluster's state, and counts when hosts have to agree.",
    witness: "witness",
    guests: "Guests",
    memory: "Memory",
    memoryPromised: "Memory promised",
    processors: "Processors",
    labels: "Labels",
    taints: "Taints",
    pools: "Pools",
    joined: "Member since",
    lastly: "Lately",
    nothing: "Nothing has happened there yet.",
    comesBack: "Comes back elsewhere",
    budgets: "What templates may take is each host's own: it is on the host's page.",
    thisOne: "the one that answers this page",
    noGuests: "No guest is on this host.",
    here: "you are here",
    of: (used: string, all: string) => `${used} of ${all}`,
    noAnswer: (host: string) => `${host} does not answer`,
    noAnswerHint:
      "What runs there may run on. Guests that are highly available come back elsewhere once it is sure that it does not run them any more.",
    detailAway: "It can only be asked while it answers.",
  },
  cluster: {
    status: "The cluster",
    states: { alone: "alone", well: "well", weakened: "weakened", stopped: "stopped" },
    advice: "What to do",
    removeGuests: (count: number) =>
      count === 1 ? "1 guest is still on it." : `${count} guests are still on it.`,
    make: "Make a cluster of this host",
    makeTitle: "Make a cluster of this host",
    makeHint:
      "This host becomes the first of a cluster, and others can join it. Its state is copied from a file to etcd, read back and compared; until that is done nothing has changed. Guests go on running, and the file stays beside it.",
    makeAfter:
      "The daemon then starts anew, which takes some seconds: this page comes back by itself. Nothing else changes for who uses Lodge.",
    name: "This host's name",
    nameHint: "Other hosts and people know it by this. It has to be unique in the cluster.",
    address: "Its address for other hosts",
    addressHint: "An address or name at which the other hosts reach this one, on TCP port 8470.",
    making: "The cluster is being made",
    aloneHint: "Add a second host, and guests can move between them.",
    add: "Add a host",
    addTitle: "Add a host",
    addHint:
      "Run this on the new host, where Lodge is installed and has no guests yet. The token is good for one host, and is shown only now.",
    addUntil: "Good until",
    copyCommand: "Copy the command",
    remove: "Remove",
    removeTitle: (host: string) => `Remove ${host}?`,
    removeWarning:
      "It is a member no longer from that moment on: nothing that it says counts any more. Guests that are still on it are lost to the cluster.",
    removeAway:
      "It does not answer. Make sure that it is off: what still runs there would go on, and could write to shared disks.",
    traits: "Labels and taints",
    labelsOf: (host: string) => `Labels and taints of ${host}`,
    labelsHint: "One key=value to a line. Guests can ask for hosts with a label.",
    taintsHint: "One to a line. A taint keeps away guests that do not say they bear it.",
  },
  drain: {
    drain: "Drain",
    resume: "Resume",
    title: (host: string) => `Drain ${host}`,
    hint: "Its guests go to other hosts, and it takes no more until it is resumed. Nothing has moved yet: this is the plan.",
    empty: "No guest is on it. It takes no more until it is resumed.",
    moves: (count: number) =>
      count === 1 ? "1 guest goes to another host" : `${count} guests go to other hosts`,
    stuck: (count: number) => (count === 1 ? "1 guest cannot go" : `${count} guests cannot go`),
    stuckHint:
      "They stay until what is named here is changed. Stopped guests with disks on this host alone are sent, too.",
    begin: "Drain",
    beginSome: "Drain what can go",
    back: "Bring its guests back",
    backHint: "Those that the drain sent away, as far as they can come back.",
    resumeTitle: (host: string) => `Resume ${host}`,
    resumeHint: "It takes guests again.",
    how: { live: "live", cold: "stopped", restart: "restarted" } as Readonly<Record<string, string>>,
  },
  rebalance: {
    title: "Spread anew by policy",
    by: (host: string) => `Planned by ${host}.`,
    states: { waits: "waits", moves: "on its way", moved: "moved", stays: "stays" },
  },
  move: {
    title: (guest: string) => `Move ${guest}`,
    action: "Move",
    menu: "Move to another host",
    to: "To",
    choose: "Lodge chooses",
    ready: (host: string) => `It can go to ${host}.`,
    live: "It runs all the while; for the last moment, usually less than a tenth of a second, it stands still.",
    cold: "It does not run: its disks are sent.",
    sends: (size: string) => `${size} to send.`,
    blocked: (count: number, host: string) =>
      count === 1
        ? `One thing keeps it from going to ${host}`
        : `${count} things keep it from going to ${host}`,
    fix: "What to do",
    done: (guest: string, host: string) => `${guest} is on ${host} now.`,
    underWay: "On its way to another host",
    cancel: "Give up the move",
    outside: "A host outside, by its token",
    token: "Token",
    tokenHint:
      "'lodge arrival token' prints it on the host that the guest is to go to; its page of hosts makes one, too. The guest goes there at rest: stopped, or suspended.",
    nameThere: "Name there",
    projectThere: "Project there",
    networksThere: "Networks there",
    networksHint: "Where one is called otherwise there: default=lab, one a line.",
  },
  arrivals: {
    action: "Receive a guest",
    title: "Receive a guest from outside",
    hint: "This token lets one guest come to this host that is on a host outside its cluster: there, choose \"Move to another host\" and paste it, or type 'lodge move GUEST --token' and this. Whoever has it can do nothing else with it.",
    copy: "Copy the token",
    waiting: "Waiting for their source's word",
    waitingHint:
      "All of them is here, and the host that they come from has not said yet whose they are. It says so once it runs and reaches this one. Only where it never will, say it in its place.",
    one: (guest: string, from: string) => `${guest}, from ${from}`,
    take: "It is this host's",
    drop: "Remove what came",
  },
  place: {
    title: "In the cluster",
    change: "Change",
    of: (guest: string) => `${guest} in the cluster`,
    hint: "Where it is looked for a place from now on. It stays where it is until it is moved.",
    host: "Host",
    createHint: "It stays on that host: later, too, it is looked for a place only there.",
    onlyOn: "Only on",
    onlyOnHint: "Hosts by name. None: on any.",
    hostLabels: "Hosts with",
    hostLabelsHint: "Labels of hosts, such as zone=a.",
    near: "Together with",
    nearHint: "Guests, or labels of guests such as app=web.",
    apart: "Apart from",
    apartHint: "Guests, or labels of guests: they are not on one host with it.",
    tolerates: "Bears",
    toleratesHint: "Taints of hosts that it does not mind.",
    required: "must",
    preferred: "better",
    strict: "It has to be so, also where that leaves it without a place",
    ha: "Comes back on another host when its own dies",
    haHint:
      "Its disks have to be where another host can get them, and its storage has to be able to refuse the host that died.",
    haYes: (priority: number) => `yes, priority ${priority}`,
    haNo: "no",
    priority: "Priority",
    priorityHint: "Those with the highest come back first.",
    where: "Where",
  },
  replica: {
    title: "Replica",
    of: (guest: string) => `Replica of ${guest}`,
    none: "none",
    inSync: (host: string) => `on ${host}, in sync`,
    copying: (host: string, left: string) =>
      `on ${host}, being copied${left === "" ? "" : `: ${left} to go`}`,
    behind: (host: string, left: string, why: string) =>
      `on ${host}, behind${left === "" ? "" : ` by ${left}`}${why === "" ? "" : `: ${why}`}`,
    to: "On",
    best: "the host that suits it best",
    set: "Keep a replica",
    setHint:
      "Each write is on both hosts before the guest hears that it is done. Where the hosts do not reach each other, the guest waits some seconds and goes on without.",
    remove: "Remove the replica",
    removeHint: (host: string) => `What ${host} has of its disks is removed. The guest goes on.`,
  },
  away: {
    waits:
      "What is shown of this guest is what was known last. It may run on, and can be used again when its host answers.",
    highlyAvailable:
      "This guest is highly available: it starts on another host by itself, once it is sure that it does not run here any more.",
    byItself: (host: string) =>
      `This guest's replica on ${host} is in sync: it starts from that by itself, once it is sure that it does not run here any more.`,
    byHand: (host: string) =>
      `What is shown of this guest is what was known last. If its host does not come back, it can be started from its replica on ${host}.`,
    promote: "Start it from its replica",
    title: (guest: string) => `Start ${guest} from its replica`,
    hint: (host: string, to: string) =>
      `${host} does not answer. The guest is started on ${to} with what is there of its disks; what was in its memory is gone. ${host} cannot change it any more from then on.`,
    inSync: (guest: string) =>
      `Nothing is missing: the replica has every write that ${guest} was told is done.`,
    loses: (guest: string, at: string, ago: string | undefined) =>
      `What ${guest} wrote after ${at}${ago === undefined ? "" : ` (${ago})`} is missing in its replica: it starts without.`,
    maybe: (guest: string) =>
      `${guest} may have gone on by itself after its host was last heard of, since it is not highly available: it starts without what it wrote then.`,
    nothingWhole: (host: string) =>
      `The replica on ${host} has never been in sync: there is nothing whole in it to start from. Bring the host back.`,
    keeps: (host: string) =>
      `What ${host} alone has is not thrown away: its disks become volumes there once it is back.`,
    accept: "It starts without what is missing",
    off: (host: string) =>
      `${host} has to be off, or both would run: its fence device sees to that. Where it has none, look at the host, and say on the page of hosts that it is off.`,
    start: (host: string) => `Start it on ${host}`,
    started: (guest: string, host: string) => `${guest} starts on ${host}.`,
  },
  placed: {
    ask: "Where would it go?",
    title: "Where it would go",
    goes: (host: string) => `It goes to ${host}.`,
    nowhere: "No host can have it.",
    nowhereHint: "What each lacks, and what would help, is below.",
    policies: {
      balance: "Of the hosts that can have it, the one with the most points; an emptier host has more.",
      pack: "Of the hosts that can have it, the one with the most points; a fuller host has more.",
    },
    can: "Hosts that can have it",
    cannot: "Hosts that cannot",
    points: (count: string) => `${count} points`,
    scores: {
      room: "Room",
      accelerator: "Accelerator",
      affinity: "Together with",
      antiAffinity: "Apart from",
      template: "Template",
      siblings: "Shared memory",
      image: "Image",
    } as Readonly<Record<string, string>>,
  },
  placing: {
    title: "Where guests go",
    policy: "A new guest goes to",
    policies: {
      balance: "the host that stays emptiest",
      pack: "the host that gets fullest, so that others can be switched off",
    },
    spread: "Guests are spread anew",
    spreadHint: "A plan is made every ten minutes, and shown on this page.",
    rebalances: {
      off: "only when somebody asks for it",
      plan: "by a plan that is only shown",
      apply: "by a plan that is carried out",
    },
    hours: (hours: string) => `${hours} o'clock`,
    when: "In these hours",
    whenHint: "By the hosts' own time, such as 22-6. Left empty: at any time.",
    tolerance: "Hosts may be apart by",
    toleranceHint: "Hosts whose load is this near to the mean are left alone.",
    reserve: "Room is kept for the failure of",
    reserveHint:
      "So that all highly available guests find a place: others are refused where that room would go.",
    noReserve: "no host",
    hosts: (count: number) => (count === 1 ? "1 host" : `${count} hosts`),
    holds: "all highly available guests would find a place",
    lacks: (guest: string, hosts: string, reason: string) =>
      `${guest} would find no place without ${hosts}: ${reason}`,
  },
};
