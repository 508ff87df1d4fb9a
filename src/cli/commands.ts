/**
 * Every command, once: what it is called, what it is about in one line, and where it is. A command's file is
 * loaded when it is asked for, so that no command pays for another.
 */
import type { Command } from "./command.ts";
import type { CommandTable, Entry } from "./entry.ts";

type Row = readonly [path: string, summary: string, load: () => Promise<Command>];

const group = (title: string, rows: readonly Row[]): readonly Entry[] =>
  rows.map(([path, summary, load]) => {
    const [noun = "", verb = ""] = path.split(" ");
    return { noun, verb, words: shorthand(noun, verb) ? [verb] : [noun, verb], group: title, summary, load };
  });

/** Nouns whose verbs may be typed alone; with the noun they work too. Those that guests have as well are guests'. */
const shorthand = (noun: string, verb: string): boolean =>
  noun === "guest" || (noun === "host" && verb !== "show" && verb !== "set");

export const entries: readonly Entry[] = [
  ...group("Guests", [
    ["guest run", "Make a guest of an image and start it", () => import("./guest/run.ts").then((m) => m.run)],
    ["guest ls", "List guests", () => import("./guest/ls.ts").then((m) => m.ls)],
    ["guest show", "Show all about a guest", () => import("./guest/show.ts").then((m) => m.show)],
    [
      "guest start",
      "Start guests, or bring back suspended ones",
      () => import("./guest/start.ts").then((m) => m.start),
    ],
    ["guest stop", "Shut guests down", () => import("./guest/stop.ts").then((m) => m.stop)],
    [
      "guest restart",
      "Shut guests down and start them again",
      () => import("./guest/restart.ts").then((m) => m.restart),
    ],
    ["guest pause", "Halt guests' processors", () => import("./guest/pause.ts").then((m) => m.pause)],
    ["guest resume", "Let paused guests go on", () => import("./guest/resume.ts").then((m) => m.resume)],
    [
      "guest suspend",
      "Save guests' memory to disk and end them",
      () => import("./guest/suspend.ts").then((m) => m.suspend),
    ],
    [
      "guest fork",
      "Branch a running guest with its memory and processes",
      () => import("./guest/fork.ts").then((m) => m.fork),
    ],
    ["guest rename", "Give a guest another name", () => import("./guest/rename.ts").then((m) => m.rename)],
    [
      "guest set",
      "Change a guest's processors, memory, labels, …",
      () => import("./guest/set.ts").then((m) => m.set),
    ],
    [
      "guest insert",
      "Put an ISO into a guest's drive",
      () => import("./guest/insert.ts").then((m) => m.insert),
    ],
    [
      "guest eject",
      "Take the ISO out of a guest's drive",
      () => import("./guest/eject.ts").then((m) => m.eject),
    ],
    ["guest rm", "Remove guests and their disks", () => import("./guest/rm.ts").then((m) => m.rm)],
    ["disk ls", "List a guest's disks", () => import("./disk/ls.ts").then((m) => m.ls)],
    ["disk add", "Give a guest one more disk", () => import("./disk/add.ts").then((m) => m.add)],
    ["disk resize", "Make a guest's disk larger", () => import("./disk/resize.ts").then((m) => m.resize)],
    ["disk rm", "Remove a guest's disk", () => import("./disk/rm.ts").then((m) => m.rm)],
    ["nic ls", "List a guest's network cards", () => import("./nic/ls.ts").then((m) => m.ls)],
    ["nic add", "Give a guest one more network card", () => import("./nic/add.ts").then((m) => m.add)],
    ["nic rm", "Take a network card out of a guest", () => import("./nic/rm.ts").then((m) => m.rm)],
  ]),
  ...group("Storage", [
    ["volume ls", "List volumes and guests' disks", () => import("./volume/ls.ts").then((m) => m.ls)],
    ["volume show", "Show all about a volume", () => import("./volume/show.ts").then((m) => m.show)],
    ["volume create", "Make an empty volume", () => import("./volume/create.ts").then((m) => m.create)],
    [
      "volume attach",
      "Give a volume to a guest as a disk",
      () => import("./volume/attach.ts").then((m) => m.attach),
    ],
    [
      "volume detach",
      "Take a volume out of its guest",
      () => import("./volume/detach.ts").then((m) => m.detach),
    ],
    ["volume resize", "Make a volume larger", () => import("./volume/resize.ts").then((m) => m.resize)],
    ["volume clone", "Make another volume of one", () => import("./volume/clone.ts").then((m) => m.clone)],
    ["volume move", "Move a volume to another pool", () => import("./volume/move.ts").then((m) => m.move)],
    ["volume rm", "Remove volumes", () => import("./volume/rm.ts").then((m) => m.rm)],
    ["pool ls", "List pools", () => import("./pool/ls.ts").then((m) => m.ls)],
    ["pool show", "Show all about a pool", () => import("./pool/show.ts").then((m) => m.show)],
    ["pool create", "Make a pool", () => import("./pool/create.ts").then((m) => m.create)],
    ["pool set", "Change a pool's quota", () => import("./pool/set.ts").then((m) => m.set)],
    ["pool rm", "Remove pools", () => import("./pool/rm.ts").then((m) => m.rm)],
  ]),
  ...group("Snapshots", [
    [
      "snapshot create",
      "Take a snapshot of a guest's disks, or with its memory",
      () => import("./snapshot/create.ts").then((m) => m.create),
    ],
    ["snapshot ls", "Show a guest's snapshots as a tree", () => import("./snapshot/ls.ts").then((m) => m.ls)],
    ["snapshot show", "Show all about a snapshot", () => import("./snapshot/show.ts").then((m) => m.show)],
    [
      "snapshot restore",
      "Put a guest back to what it was",
      () => import("./snapshot/restore.ts").then((m) => m.restore),
    ],
    [
      "snapshot fork",
      "Make a new guest of a snapshot",
      () => import("./snapshot/fork.ts").then((m) => m.fork),
    ],
    ["snapshot rm", "Remove snapshots", () => import("./snapshot/rm.ts").then((m) => m.rm)],
    ["snapshot prune", "Remove old snapshots", () => import("./snapshot/prune.ts").then((m) => m.prune)],
    [
      "snapshot rename",
      "Give a snapshot another name",
      () => import("./snapshot/rename.ts").then((m) => m.rename),
    ],
    [
      "snapshot describe",
      "Say what a snapshot is for",
      () => import("./snapshot/describe.ts").then((m) => m.describe),
    ],
  ]),
  ...group("Inside a guest", [
    ["guest exec", "Run a command in a guest", () => import("./guest/exec.ts").then((m) => m.exec)],
    ["guest shell", "Open a shell in a guest", () => import("./guest/shell.ts").then((m) => m.shell)],
    ["guest cp", "Copy files into or out of a guest", () => import("./guest/cp.ts").then((m) => m.cp)],
    [
      "guest console",
      "Attach to a guest's serial console",
      () => import("./guest/console.ts").then((m) => m.console),
    ],
    [
      "guest screenshot",
      "Save what a guest's display shows",
      () => import("./guest/screenshot.ts").then((m) => m.screenshot),
    ],
    [
      "guest usage",
      "What a guest has taken over the last hour or day",
      () => import("./guest/usage.ts").then((m) => m.usage),
    ],
    [
      "guest cloud-init",
      "What a guest was given at its first start, and what became of it",
      () => import("./guest/cloud-init.ts").then((m) => m.cloudInit),
    ],
    [
      "guest logs",
      "What a guest's console, QEMU or the daemon said",
      () => import("./guest/logs.ts").then((m) => m.logs),
    ],
  ]),
  ...group("Recordings of displays", [
    [
      "recording start",
      "Begin to record a guest's display",
      () => import("./recording/start.ts").then((m) => m.start),
    ],
    ["recording stop", "End a recording", () => import("./recording/stop.ts").then((m) => m.stop)],
    ["recording ls", "List recordings", () => import("./recording/ls.ts").then((m) => m.ls)],
    ["recording save", "Save a recording's file", () => import("./recording/save.ts").then((m) => m.save)],
    ["recording rm", "Remove recordings", () => import("./recording/rm.ts").then((m) => m.rm)],
  ]),
  ...group("Images and templates", [
    ["image ls", "List images", () => import("./image/ls.ts").then((m) => m.ls)],
    ["image show", "Show all about an image", () => import("./image/show.ts").then((m) => m.show)],
    ["image build", "Build an image from a recipe", () => import("./image/build.ts").then((m) => m.build)],
    ["image recipes", "List the recipes", () => import("./image/recipes.ts").then((m) => m.recipes)],
    [
      "image import",
      "Import a disk image or ISO file",
      () => import("./image/import.ts").then((m) => m.importFile),
    ],
    ["image pull", "Download an image", () => import("./image/pull.ts").then((m) => m.pull)],
    [
      "image create",
      "Make an image of a stopped guest",
      () => import("./image/create.ts").then((m) => m.create),
    ],
    ["image share", "Let every project use an image", () => import("./image/share.ts").then((m) => m.share)],
    [
      "image unshare",
      "Keep an image for its own project",
      () => import("./image/unshare.ts").then((m) => m.unshare),
    ],
    ["image rm", "Remove images", () => import("./image/rm.ts").then((m) => m.rm)],
    [
      "upload ls",
      "List files on their way to becoming images",
      () => import("./upload/ls.ts").then((m) => m.ls),
    ],
    ["upload rm", "Give uploads up", () => import("./upload/rm.ts").then((m) => m.rm)],
    ["template ls", "List parked templates", () => import("./template/ls.ts").then((m) => m.ls)],
    [
      "template build",
      "Boot and park a template, so that guests fork from it",
      () => import("./template/build.ts").then((m) => m.build),
    ],
    ["template rm", "Remove templates", () => import("./template/rm.ts").then((m) => m.rm)],
    [
      "template budget",
      "What templates may take of memory and disk",
      () => import("./template/budget.ts").then((m) => m.budget),
    ],
  ]),
  ...group("Access", [
    [
      "host sign-in-link",
      "A one-time link that makes an admin's account",
      () => import("./host/sign-in-link.ts").then((m) => m.signInLink),
    ],
    ["user ls", "List accounts", () => import("./user/ls.ts").then((m) => m.ls)],
    [
      "user create",
      "Make an account, and a link to its password",
      () => import("./user/create.ts").then((m) => m.create),
    ],
    ["user set", "Change an account's role, or bar it", () => import("./user/set.ts").then((m) => m.set)],
    [
      "user reset",
      "A one-time link to choose a new password",
      () => import("./user/reset.ts").then((m) => m.reset),
    ],
    ["user rm", "Remove accounts", () => import("./user/rm.ts").then((m) => m.rm)],
    ["project ls", "List projects", () => import("./project/ls.ts").then((m) => m.ls)],
    ["project show", "Show a project", () => import("./project/show.ts").then((m) => m.show)],
    ["project create", "Make a project", () => import("./project/create.ts").then((m) => m.create)],
    [
      "project set",
      "Change a project's description, and the most that it may have",
      () => import("./project/set.ts").then((m) => m.set),
    ],
    ["project rm", "Remove projects that hold nothing", () => import("./project/rm.ts").then((m) => m.rm)],
    [
      "project members",
      "Who has a role in a project",
      () => import("./project/members.ts").then((m) => m.members),
    ],
    [
      "project grant",
      "Give an account a role in a project",
      () => import("./project/grant.ts").then((m) => m.grant),
    ],
    [
      "project revoke",
      "Take accounts' roles in a project away",
      () => import("./project/revoke.ts").then((m) => m.revoke),
    ],
    ["token ls", "List programs' tokens", () => import("./token/ls.ts").then((m) => m.ls)],
    ["token create", "Make a token for a program", () => import("./token/create.ts").then((m) => m.create)],
    ["token rm", "Revoke tokens", () => import("./token/rm.ts").then((m) => m.rm)],
    [
      "provider ls",
      "List providers that people sign in with",
      () => import("./provider/ls.ts").then((m) => m.ls),
    ],
    [
      "provider add",
      "Let people sign in with a provider",
      () => import("./provider/add.ts").then((m) => m.add),
    ],
    ["provider rm", "Remove a provider", () => import("./provider/rm.ts").then((m) => m.rm)],
    ["remote ls", "List other computers' Lodges", () => import("./remote/ls.ts").then((m) => m.ls)],
    [
      "remote add",
      "Give another computer's Lodge a name here",
      () => import("./remote/add.ts").then((m) => m.add),
    ],
    ["remote rm", "Forget one", () => import("./remote/rm.ts").then((m) => m.rm)],
    ["audit ls", "Who did what, and from where", () => import("./audit/ls.ts").then((m) => m.ls)],
  ]),
  ...group("Webhooks", [
    [
      "webhook ls",
      "Who is told of what happens, and how it goes",
      () => import("./webhook/ls.ts").then((m) => m.ls),
    ],
    [
      "webhook add",
      "Tell an HTTP server of what happens",
      () => import("./webhook/add.ts").then((m) => m.add),
    ],
    ["webhook show", "Show all about a webhook", () => import("./webhook/show.ts").then((m) => m.show)],
    [
      "webhook set",
      "Change a webhook, pause it, let it go on",
      () => import("./webhook/set.ts").then((m) => m.set),
    ],
    ["webhook rm", "Remove webhooks", () => import("./webhook/rm.ts").then((m) => m.rm)],
    ["webhook test", "Send a webhook a test", () => import("./webhook/send-test.ts").then((m) => m.test)],
    [
      "webhook deliveries",
      "What was sent to a webhook, and what came of it",
      () => import("./webhook/deliveries.ts").then((m) => m.deliveries),
    ],
    [
      "webhook redeliver",
      "Send a message once more",
      () => import("./webhook/redeliver.ts").then((m) => m.redeliver),
    ],
    [
      "webhook rotate",
      "Make a webhook a new secret",
      () => import("./webhook/rotate.ts").then((m) => m.rotate),
    ],
  ]),
  ...group("Firewall", [
    ["firewall ls", "List firewall groups", () => import("./firewall/ls.ts").then((m) => m.ls)],
    ["firewall create", "Make a firewall group", () => import("./firewall/create.ts").then((m) => m.create)],
    [
      "firewall show",
      "Show a firewall group's rules",
      () => import("./firewall/show.ts").then((m) => m.show),
    ],
    ["firewall set", "Change a firewall group", () => import("./firewall/set.ts").then((m) => m.set)],
    ["firewall rm", "Remove firewall groups", () => import("./firewall/rm.ts").then((m) => m.rm)],
    [
      "firewall allow",
      "Add a rule to a firewall group",
      () => import("./firewall/allow.ts").then((m) => m.allow),
    ],
    [
      "firewall revoke",
      "Take rules out of a firewall group",
      () => import("./firewall/revoke.ts").then((m) => m.revoke),
    ],
    [
      "firewall attach",
      "Have a group hold for guests or networks",
      () => import("./firewall/attach.ts").then((m) => m.attach),
    ],
    [
      "firewall detach",
      "Have a group no longer hold for them",
      () => import("./firewall/detach.ts").then((m) => m.detach),
    ],
    ["firewall log", "Show what logging rules allowed", () => import("./firewall/log.ts").then((m) => m.log)],
    [
      "firewall pin",
      "Lift the pin of a guest's NIC, or put it back",
      () => import("./firewall/pin.ts").then((m) => m.pin),
    ],
  ]),
  ...group("This computer", [
    ["storage ls", "List what takes space, and for whom", () => import("./storage/ls.ts").then((m) => m.ls)],
    ["network ls", "List networks", () => import("./network/ls.ts").then((m) => m.ls)],
    ["network create", "Make a network", () => import("./network/create.ts").then((m) => m.create)],
    [
      "network show",
      "Show a network and who is in it",
      () => import("./network/show.ts").then((m) => m.show),
    ],
    ["network set", "Change a network", () => import("./network/set.ts").then((m) => m.set)],
    ["network rm", "Remove networks", () => import("./network/rm.ts").then((m) => m.rm)],
    ["operation ls", "List long work, running and past", () => import("./operation/ls.ts").then((m) => m.ls)],
    ["operation show", "Show an operation", () => import("./operation/show.ts").then((m) => m.show)],
    ["operation wait", "Wait for operations", () => import("./operation/wait.ts").then((m) => m.wait)],
    ["operation cancel", "Cancel operations", () => import("./operation/cancel.ts").then((m) => m.cancel)],
    ["host events", "What happens, as it happens", () => import("./host/events.ts").then((m) => m.events)],
    [
      "host outbound",
      "Where addresses that users give may lead",
      () => import("./host/outbound.ts").then((m) => m.outbound),
    ],
    ["host info", "What this host has and runs", () => import("./host/info.ts").then((m) => m.info)],
    [
      "host show",
      "What this computer has promised, and to whom",
      () => import("./host/show.ts").then((m) => m.show),
    ],
    [
      "host set",
      "Change how much this computer may promise",
      () => import("./host/set.ts").then((m) => m.set),
    ],
    [
      "host doctor",
      "What this host can do, and how to mend what it cannot",
      () => import("./host/doctor.ts").then((m) => m.doctor),
    ],
    [
      "host shutdown",
      "Put all guests to rest, for this computer's shutdown",
      () => import("./host/shutdown.ts").then((m) => m.shutdown),
    ],
    [
      "host uninstall",
      "Remove Lodge's guests, networks and files from this computer",
      () => import("./host/uninstall.ts").then((m) => m.uninstall),
    ],
    [
      "host completion",
      "Print a shell's completion script",
      () => import("./completion/completion.ts").then((m) => m.completionOf({ entries, nouns, resolve })),
    ],
    ["host version", "Print Lodge's version", () => import("./host/version.ts").then((m) => m.version)],
  ]),
];

export const nouns: readonly string[] = [...new Set(entries.map((entry) => entry.noun))];

export const resolve: CommandTable["resolve"] = (words) => {
  const [first, second] = words;
  const full = entries.find((each) => each.noun === first && each.verb === second);
  if (full) return { entry: full, rest: words.slice(2) };
  const short = entries.find((each) => each.words.length === 1 && each.verb === first);
  return short && { entry: short, rest: words.slice(1) };
};
