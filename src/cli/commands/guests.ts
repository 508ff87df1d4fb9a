/** Commands about guests, what they are made of, and what is in them. */
import { group, type Entry } from "../entry.ts";

export const ofGuests: readonly Entry[] = [
  ...group("Guests", [
    [
      "guest run",
      "Make a guest of an image and start it",
      () => import("../guest/run.ts").then((m) => m.run),
    ],
    ["guest ls", "List guests", () => import("../guest/ls.ts").then((m) => m.ls)],
    ["guest show", "Show all about a guest", () => import("../guest/show.ts").then((m) => m.show)],
    [
      "guest start",
      "Start guests, or bring back suspended ones",
      () => import("../guest/start.ts").then((m) => m.start),
    ],
    ["guest stop", "Shut guests down", () => import("../guest/stop.ts").then((m) => m.stop)],
    [
      "guest restart",
      "Shut guests down and start them again",
      () => import("../guest/restart.ts").then((m) => m.restart),
    ],
    ["guest pause", "Halt guests' processors", () => import("../guest/pause.ts").then((m) => m.pause)],
    ["guest resume", "Let paused guests go on", () => import("../guest/resume.ts").then((m) => m.resume)],
    [
      "guest suspend",
      "Save guests' memory to disk and end them",
      () => import("../guest/suspend.ts").then((m) => m.suspend),
    ],
    [
      "guest fork",
      "Branch a running guest with its memory and processes",
      () => import("../guest/fork.ts").then((m) => m.fork),
    ],
    [
      "guest move",
      "Move guests to another host, while they run",
      () => import("../guest/move.ts").then((m) => m.move),
    ],
    [
      "guest place",
      "Say which host a guest would go to, and why",
      () => import("../placement/place.ts").then((m) => m.place),
    ],
    ["guest rename", "Give a guest another name", () => import("../guest/rename.ts").then((m) => m.rename)],
    [
      "guest set",
      "Change a guest's processors, memory, labels, …",
      () => import("../guest/set.ts").then((m) => m.set),
    ],
    [
      "guest insert",
      "Put an ISO into a guest's drive",
      () => import("../guest/insert.ts").then((m) => m.insert),
    ],
    [
      "guest eject",
      "Take the ISO out of a guest's drive",
      () => import("../guest/eject.ts").then((m) => m.eject),
    ],
    ["guest rm", "Remove guests and their disks", () => import("../guest/rm.ts").then((m) => m.rm)],
    ["disk ls", "List a guest's disks", () => import("../disk/ls.ts").then((m) => m.ls)],
    ["disk add", "Give a guest one more disk", () => import("../disk/add.ts").then((m) => m.add)],
    ["disk resize", "Make a guest's disk larger", () => import("../disk/resize.ts").then((m) => m.resize)],
    ["disk rm", "Remove a guest's disk", () => import("../disk/rm.ts").then((m) => m.rm)],
    ["nic ls", "List a guest's network cards", () => import("../nic/ls.ts").then((m) => m.ls)],
    ["nic add", "Give a guest one more network card", () => import("../nic/add.ts").then((m) => m.add)],
    ["nic rm", "Take a network card out of a guest", () => import("../nic/rm.ts").then((m) => m.rm)],
    ["share ls", "List a guest's shared folders", () => import("../share/ls.ts").then((m) => m.ls)],
    [
      "share add",
      "Share a folder of the host with a guest",
      () => import("../share/add.ts").then((m) => m.add),
    ],
    ["share rm", "Take a shared folder away from a guest", () => import("../share/rm.ts").then((m) => m.rm)],
    ["device ls", "List the host's USB and PCI devices", () => import("../device/ls.ts").then((m) => m.ls)],
    [
      "device attach",
      "Hand a device of the host on to a guest",
      () => import("../device/attach.ts").then((m) => m.attach),
    ],
    [
      "device detach",
      "Take a device of the host away from a guest",
      () => import("../device/detach.ts").then((m) => m.detach),
    ],
  ]),
  ...group("Storage", [
    ["volume ls", "List volumes and guests' disks", () => import("../volume/ls.ts").then((m) => m.ls)],
    ["volume show", "Show all about a volume", () => import("../volume/show.ts").then((m) => m.show)],
    ["volume create", "Make an empty volume", () => import("../volume/create.ts").then((m) => m.create)],
    [
      "volume attach",
      "Give a volume to a guest as a disk",
      () => import("../volume/attach.ts").then((m) => m.attach),
    ],
    [
      "volume detach",
      "Take a volume out of its guest",
      () => import("../volume/detach.ts").then((m) => m.detach),
    ],
    ["volume resize", "Make a volume larger", () => import("../volume/resize.ts").then((m) => m.resize)],
    ["volume clone", "Make another volume of one", () => import("../volume/clone.ts").then((m) => m.clone)],
    ["volume move", "Move a volume to another pool", () => import("../volume/move.ts").then((m) => m.move)],
    ["volume rm", "Remove volumes", () => import("../volume/rm.ts").then((m) => m.rm)],
    ["pool ls", "List pools", () => import("../pool/ls.ts").then((m) => m.ls)],
    ["pool show", "Show all about a pool", () => import("../pool/show.ts").then((m) => m.show)],
    ["pool create", "Make a pool", () => import("../pool/create.ts").then((m) => m.create)],
    ["pool set", "Change a pool's quota", () => import("../pool/set.ts").then((m) => m.set)],
    ["pool rm", "Remove pools", () => import("../pool/rm.ts").then((m) => m.rm)],
  ]),
  ...group("Snapshots", [
    [
      "snapshot create",
      "Take a snapshot of a guest's disks, or with its memory",
      () => import("../snapshot/create.ts").then((m) => m.create),
    ],
    [
      "snapshot ls",
      "Show a guest's snapshots as a tree",
      () => import("../snapshot/ls.ts").then((m) => m.ls),
    ],
    ["snapshot show", "Show all about a snapshot", () => import("../snapshot/show.ts").then((m) => m.show)],
    [
      "snapshot restore",
      "Put a guest back to what it was",
      () => import("../snapshot/restore.ts").then((m) => m.restore),
    ],
    [
      "snapshot fork",
      "Make a new guest of a snapshot",
      () => import("../snapshot/fork.ts").then((m) => m.fork),
    ],
    ["snapshot rm", "Remove snapshots", () => import("../snapshot/rm.ts").then((m) => m.rm)],
    ["snapshot prune", "Remove old snapshots", () => import("../snapshot/prune.ts").then((m) => m.prune)],
    [
      "snapshot rename",
      "Give a snapshot another name",
      () => import("../snapshot/rename.ts").then((m) => m.rename),
    ],
    [
      "snapshot describe",
      "Say what a snapshot is for",
      () => import("../snapshot/describe.ts").then((m) => m.describe),
    ],
  ]),
  ...group("Inside a guest", [
    ["guest exec", "Run a command in a guest", () => import("../guest/exec.ts").then((m) => m.exec)],
    ["guest shell", "Open a shell in a guest", () => import("../guest/shell.ts").then((m) => m.shell)],
    ["guest cp", "Copy files into or out of a guest", () => import("../guest/cp.ts").then((m) => m.cp)],
    [
      "guest console",
      "Attach to a guest's serial console",
      () => import("../guest/console.ts").then((m) => m.console),
    ],
    [
      "guest screenshot",
      "Save what a guest's display shows",
      () => import("../guest/screenshot.ts").then((m) => m.screenshot),
    ],
    [
      "guest usage",
      "What a guest has taken over the last hour or day",
      () => import("../guest/usage.ts").then((m) => m.usage),
    ],
    [
      "guest cloud-init",
      "What a guest was given at its first start, and what became of it",
      () => import("../guest/cloud-init.ts").then((m) => m.cloudInit),
    ],
    [
      "guest logs",
      "What a guest's console, QEMU or the daemon said",
      () => import("../guest/logs.ts").then((m) => m.logs),
    ],
  ]),
  ...group("Recordings of displays", [
    [
      "recording start",
      "Begin to record a guest's display",
      () => import("../recording/start.ts").then((m) => m.start),
    ],
    ["recording stop", "End a recording", () => import("../recording/stop.ts").then((m) => m.stop)],
    ["recording ls", "List recordings", () => import("../recording/ls.ts").then((m) => m.ls)],
    ["recording save", "Save a recording's file", () => import("../recording/save.ts").then((m) => m.save)],
    ["recording rm", "Remove recordings", () => import("../recording/rm.ts").then((m) => m.rm)],
  ]),
];
