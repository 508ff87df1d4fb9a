/** Commands about this computer, its networks, and whom it tells what happens. */
import { group, type CommandTable, type Entry } from "../entry.ts";

/** `table`: of all commands, which one of them tells of. */
export const ofHost = (table: () => CommandTable): readonly Entry[] => [
  ...group("Webhooks", [
    [
      "webhook ls",
      "Who is told of what happens, and how it goes",
      () => import("../webhook/ls.ts").then((m) => m.ls),
    ],
    [
      "webhook add",
      "Tell an HTTP server of what happens",
      () => import("../webhook/add.ts").then((m) => m.add),
    ],
    ["webhook show", "Show all about a webhook", () => import("../webhook/show.ts").then((m) => m.show)],
    [
      "webhook set",
      "Change a webhook, pause it, let it go on",
      () => import("../webhook/set.ts").then((m) => m.set),
    ],
    ["webhook rm", "Remove webhooks", () => import("../webhook/rm.ts").then((m) => m.rm)],
    ["webhook test", "Send a webhook a test", () => import("../webhook/send-test.ts").then((m) => m.test)],
    [
      "webhook deliveries",
      "What was sent to a webhook, and what came of it",
      () => import("../webhook/deliveries.ts").then((m) => m.deliveries),
    ],
    [
      "webhook redeliver",
      "Send a message once more",
      () => import("../webhook/redeliver.ts").then((m) => m.redeliver),
    ],
    [
      "webhook rotate",
      "Make a webhook a new secret",
      () => import("../webhook/rotate.ts").then((m) => m.rotate),
    ],
  ]),
  ...group("Failure of a host", [
    [
      "replica ls",
      "List guests whose disks are on two hosts",
      () => import("../replica/ls.ts").then((m) => m.ls),
    ],
    [
      "replica set",
      "Keep a copy of guests' disks on a second host",
      () => import("../replica/set.ts").then((m) => m.set),
    ],
    [
      "replica rm",
      "Keep guests on their own hosts alone",
      () => import("../replica/rm.ts").then((m) => m.rm),
    ],
    [
      "replica promote",
      "Start a guest of a lost host by its replica",
      () => import("../replica/promote.ts").then((m) => m.promote),
    ],
    ["fence ls", "List the hosts' fence devices", () => import("../fence/ls.ts").then((m) => m.ls)],
    [
      "fence set",
      "Say how a host is switched off from outside",
      () => import("../fence/set.ts").then((m) => m.set),
    ],
    ["fence rm", "Forget how hosts are switched off", () => import("../fence/rm.ts").then((m) => m.rm)],
    [
      "fence confirm",
      "Say that a host which is lost is off",
      () => import("../fence/confirm.ts").then((m) => m.confirm),
    ],
  ]),
  ...group("Firewall", [
    ["firewall ls", "List firewall groups", () => import("../firewall/ls.ts").then((m) => m.ls)],
    ["firewall create", "Make a firewall group", () => import("../firewall/create.ts").then((m) => m.create)],
    [
      "firewall show",
      "Show a firewall group's rules",
      () => import("../firewall/show.ts").then((m) => m.show),
    ],
    ["firewall set", "Change a firewall group", () => import("../firewall/set.ts").then((m) => m.set)],
    ["firewall rm", "Remove firewall groups", () => import("../firewall/rm.ts").then((m) => m.rm)],
    [
      "firewall allow",
      "Add a rule to a firewall group",
      () => import("../firewall/allow.ts").then((m) => m.allow),
    ],
    [
      "firewall revoke",
      "Take rules out of a firewall group",
      () => import("../firewall/revoke.ts").then((m) => m.revoke),
    ],
    [
      "firewall attach",
      "Have a group hold for guests or networks",
      () => import("../firewall/attach.ts").then((m) => m.attach),
    ],
    [
      "firewall detach",
      "Have a group no longer hold for them",
      () => import("../firewall/detach.ts").then((m) => m.detach),
    ],
    [
      "firewall log",
      "Show what logging rules allowed",
      () => import("../firewall/log.ts").then((m) => m.log),
    ],
    [
      "firewall pin",
      "Lift the pin of a guest's NIC, or put it back",
      () => import("../firewall/pin.ts").then((m) => m.pin),
    ],
  ]),
  ...group("Placement", [
    [
      "placement show",
      "By what policy guests are placed",
      () => import("../placement/show.ts").then((m) => m.show),
    ],
    [
      "placement set",
      "Change by what policy guests are placed",
      () => import("../placement/set.ts").then((m) => m.set),
    ],
    [
      "placement rebalance",
      "Show how guests would be spread anew",
      () => import("../placement/rebalance.ts").then((m) => m.rebalance),
    ],
    [
      "placement planned",
      "Show what the policy of rebalancing planned last",
      () => import("../placement/planned.ts").then((m) => m.planned),
    ],
    [
      "placement reserve",
      "Say whether guests would come back if hosts failed",
      () => import("../placement/reserve.ts").then((m) => m.reserve),
    ],
  ]),
  ...group("Cluster", [
    ["cluster ls", "List the cluster's hosts", () => import("../cluster/ls.ts").then((m) => m.ls)],
    [
      "cluster status",
      "How the cluster is, in plain words",
      () => import("../cluster/status.ts").then((m) => m.status),
    ],
    [
      "cluster init",
      "Make this host the first of a cluster",
      () => import("../cluster/init.ts").then((m) => m.init),
    ],
    [
      "cluster token",
      "Print what to type on a host that is to join",
      () => import("../cluster/token.ts").then((m) => m.token),
    ],
    ["cluster join", "Have this host join a cluster", () => import("../cluster/join.ts").then((m) => m.join)],
    [
      "cluster leave",
      "Take this host out of its cluster",
      () => import("../cluster/leave.ts").then((m) => m.leave),
    ],
    [
      "cluster remove",
      "Take a host out that does not come back",
      () => import("../cluster/remove.ts").then((m) => m.remove),
    ],
    [
      "cluster restore",
      "Begin the cluster anew from a backup",
      () => import("../cluster/restore.ts").then((m) => m.restore),
    ],
    [
      "cluster backup",
      "Write all that the cluster knows to a file",
      () => import("../cluster/backup.ts").then((m) => m.backup),
    ],
  ]),
  ...group("Guests from outside", [
    [
      "arrival token",
      "Print what lets a guest come here from outside",
      () => import("../arrival/token.ts").then((m) => m.token),
    ],
    [
      "arrival ls",
      "List who may bring a guest, and what is on its way",
      () => import("../arrival/ls.ts").then((m) => m.ls),
    ],
    [
      "arrival settle",
      "Say whose a guest is whose source is lost",
      () => import("../arrival/settle.ts").then((m) => m.settle),
    ],
  ]),
  ...group("This computer", [
    ["storage ls", "List what takes space, and for whom", () => import("../storage/ls.ts").then((m) => m.ls)],
    ["network ls", "List networks", () => import("../network/ls.ts").then((m) => m.ls)],
    ["network create", "Make a network", () => import("../network/create.ts").then((m) => m.create)],
    [
      "network show",
      "Show a network and who is in it",
      () => import("../network/show.ts").then((m) => m.show),
    ],
    ["network set", "Change a network", () => import("../network/set.ts").then((m) => m.set)],
    ["network rm", "Remove networks", () => import("../network/rm.ts").then((m) => m.rm)],
    [
      "network underlay",
      "Show or say what lies between hosts",
      () => import("../network/underlay.ts").then((m) => m.underlay),
    ],
    [
      "operation ls",
      "List long work, running and past",
      () => import("../operation/ls.ts").then((m) => m.ls),
    ],
    ["operation show", "Show an operation", () => import("../operation/show.ts").then((m) => m.show)],
    ["operation wait", "Wait for operations", () => import("../operation/wait.ts").then((m) => m.wait)],
    ["operation cancel", "Cancel operations", () => import("../operation/cancel.ts").then((m) => m.cancel)],
    ["host events", "What happens, as it happens", () => import("../host/events.ts").then((m) => m.events)],
    [
      "host outbound",
      "Where addresses that users give may lead",
      () => import("../host/outbound.ts").then((m) => m.outbound),
    ],
    ["host info", "What this host has and runs", () => import("../host/info.ts").then((m) => m.info)],
    [
      "host show",
      "What this computer has promised, and to whom",
      () => import("../host/show.ts").then((m) => m.show),
    ],
    [
      "host set",
      "Change how much this computer may promise",
      () => import("../host/set.ts").then((m) => m.set),
    ],
    [
      "host label",
      "Labels and taints of a host, by which guests are placed",
      () => import("../host/label.ts").then((m) => m.label),
    ],
    [
      "host doctor",
      "What this host can do, and how to mend what it cannot",
      () => import("../host/doctor.ts").then((m) => m.doctor),
    ],
    [
      "host drain",
      "Move all guests of a host elsewhere",
      () => import("../host/drain.ts").then((m) => m.drain),
    ],
    [
      "host resume",
      "Let a host take guests again after a drain",
      () => import("../host/resume.ts").then((m) => m.resume),
    ],
    [
      "host shutdown",
      "Put all guests to rest, for this computer's shutdown",
      () => import("../host/shutdown.ts").then((m) => m.shutdown),
    ],
    [
      "host uninstall",
      "Remove Lodge's guests, networks and files from this computer",
      () => import("../host/uninstall.ts").then((m) => m.uninstall),
    ],
    [
      "host completion",
      "Print a shell's completion script",
      () => import("../completion/completion.ts").then((m) => m.completionOf(table())),
    ],
    ["host version", "Print Lodge's version", () => import("../host/version.ts").then((m) => m.version)],
  ]),
];
