/**
 * What can a guest do that has taken over its QEMU? Nothing of this: each row is tried by a program that is started as
 * QEMU is, in the cell of a guest, and is tried once more outside, as root, where it works. `untried`: what a host may
 * not have, or forbid root too, so that outside it need not work.
 */
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { attack } from "../attack.ts";
import { Hostile } from "./hostile.ts";

const untried = { tried: false };

const asRoot = { skip: process.getuid?.() !== 0 && "root alone makes such cells" };

describe("a program in a guest's cell", asRoot, () => {
  let hostile: Hostile;
  before(async () => {
    hostile = await Hostile.start();
  });
  after(() => hostile.close());
  const refused = (what: string, how?: { readonly tried: boolean }) =>
    assert.equal(hostile.verdict(what, how), "refused");

  // files
  attack("tries to read the store", () => refused("read the store"));
  attack("tries to read the key of secrets", () => refused("read the key of secrets"));
  attack("tries to read a neighbour's disk", () => refused("read a neighbour's disk"));
  attack("tries to read a neighbour's disk as its cell sees it", () =>
    refused("read a neighbour's disk as its cell sees it"),
  );
  attack("tries to read a neighbour's seed", () => refused("read a neighbour's seed"));
  attack("tries to read a neighbour's serial console", () => refused("read a neighbour's serial console"));
  attack("tries to list the guests of the host", () => refused("list the guests of the host"));
  attack("tries to list a neighbour's folder of sockets", () =>
    refused("list a neighbour's folder of sockets"),
  );
  attack("tries to see more layers than its own", () => refused("see more layers than its own"));
  attack("tries to read the passwords of the host", () => refused("read the passwords of the host"));
  attack("tries to read the users of the host", () => refused("read the users of the host"));
  attack("tries to list root's home", () => refused("list root's home"));
  attack("tries to read a disk of the host", () => refused("read a disk of the host", untried));
  attack("tries to climb out by ..", () => refused("climb out by .."));
  attack("tries to climb out by a descriptor's folder", () =>
    refused("climb out by a descriptor's folder", untried),
  );
  attack("tries to climb out by another process's root", () =>
    refused("climb out by another process's root"),
  );
  attack("tries to climb out by its parent's root", () => refused("climb out by its parent's root"));
  attack("tries to follow a link of its own to the host", () =>
    refused("follow a link of its own to the host"),
  );
  attack("tries to open a file by its handle", () => refused("open a file by its handle", untried));
  attack("tries to write a file into its root", () => refused("write a file into its root"));
  attack("tries to fill the folder of its sockets", () => refused("fill the folder of its sockets"));
  attack("tries to write to a library", () => refused("write to a library"));
  attack("tries to write to QEMU itself", () => refused("write to QEMU itself"));
  attack("tries to write to the layer below its disk", () => refused("write to the layer below its disk"));
  attack("tries to make the layer below its disk writable", () =>
    refused("make the layer below its disk writable"),
  );
  attack("tries to put a file beside its disk", () => refused("put a file beside its disk"));
  attack("tries to take its disk's name away", () => refused("take its disk's name away"));
  attack("tries to give its disk away", () => refused("give its disk away"));
  attack("tries to read a descriptor for reading alone back for writing", () =>
    refused("read a descriptor for reading alone back for writing"),
  );
  attack("tries to write to a template's memory", () => refused("write to a template's memory"));
  attack("tries to make a template's memory shorter", () => refused("make a template's memory shorter"));
  attack("tries to read its environment for secrets", () => refused("read its environment for secrets"));
  attack("tries to inherit more than it was given", () => refused("inherit more than it was given"));

  // processes
  attack("tries to signal a neighbour", () => refused("signal a neighbour"));
  attack("tries to signal the daemon", () => refused("signal the daemon"));
  attack("tries to trace a neighbour", () => refused("trace a neighbour"));
  attack("tries to read a neighbour's memory", () => refused("read a neighbour's memory"));
  attack("tries to open a neighbour's memory", () => refused("open a neighbour's memory"));
  attack("tries to move a neighbour's pages", () => refused("move a neighbour's pages"));
  attack("tries to get hold of a neighbour", () => refused("get hold of a neighbour"));
  attack("tries to take a descriptor from another process", () =>
    refused("take a descriptor from another process"),
  );
  attack("tries to see processes of the host", () => refused("see processes of the host"));
  attack("tries to compare what processes have open", () => refused("compare what processes have open"));
  attack("tries to enter a neighbour's namespaces", () => refused("enter a neighbour's namespaces"));
  attack("tries to enter a namespace at all", () => refused("enter a namespace at all"));
  attack("tries to attach to shared memory of the host", () =>
    refused("attach to shared memory of the host"),
  );
  attack("tries to go before other processes", () => refused("go before other processes"));
  attack("tries to run in real time", () => refused("run in real time"));
  attack("tries to go before others at disks", () => refused("go before others at disks"));
  attack("tries to raise its own limits", () => refused("raise its own limits"));

  // rights
  attack("tries to become root", () => refused("become root"));
  attack("tries to become a group of root", () => refused("become a group of root"));
  attack("tries to join other groups", () => refused("join other groups"));
  attack("tries to become another guest", () => refused("become another guest"));
  attack("tries to have capabilities", () => refused("have capabilities"));
  attack("tries to gain rights by a program", () => refused("gain rights by a program"));
  attack("tries to run a shell", () => refused("run a shell"));
  attack("tries to run a program that is root's", () => refused("run a program that is root's"));
  attack("tries to make a namespace of users", () => refused("make a namespace of users"));
  attack("tries to make a namespace of mounts", () => refused("make a namespace of mounts"));
  attack("tries to make a process in a namespace of users", () =>
    refused("make a process in a namespace of users"),
  );
  attack("tries to mount a file system", () => refused("mount a file system"));
  attack("tries to mount a file system by the new calls", () =>
    refused("mount a file system by the new calls"),
  );
  attack("tries to take a tree of mounts", () => refused("take a tree of mounts"));
  attack("tries to unmount what hides the host", () => refused("unmount what hides the host"));
  attack("tries to change its root", () => refused("change its root"));
  attack("tries to swap its root", () => refused("swap its root"));
  attack("tries to make a device", () => refused("make a device"));

  // the kernel
  attack("tries to read the kernel's log", () => refused("read the kernel's log"));
  attack("tries to load a module", () => refused("load a module", untried));
  attack("tries to load a module from a file", () => refused("load a module from a file", untried));
  attack("tries to load another kernel", () => refused("load another kernel", untried));
  attack("tries to switch the host off", () => refused("switch the host off"));
  attack("tries to set the clock", () => refused("set the clock"));
  attack("tries to rename the host", () => refused("rename the host"));
  attack("tries to swap to a file of its own", () => refused("swap to a file of its own"));
  attack("tries to run a program in the kernel", () => refused("run a program in the kernel"));
  attack("tries to count events of the processors", () => refused("count events of the processors"));
  attack("tries to handle page faults itself", () => refused("handle page faults itself"));
  attack("tries to give work to the kernel by a ring", () => refused("give work to the kernel by a ring"));
  attack("tries to keep keys in the kernel", () => refused("keep keys in the kernel"));
  attack("tries to look into the kernel's keys", () => refused("look into the kernel's keys"));
  attack("tries to watch files of the host", () => refused("watch files of the host"));
  attack("tries to reach ports of the processor", () => refused("reach ports of the processor", untried));
  attack("tries to account for processes", () => refused("account for processes"));
  attack("tries to change a setting of the kernel", () => refused("change a setting of the kernel"));
  attack("tries to press a magic key", () => refused("press a magic key", untried));
  attack("tries to read the kernel's memory", () => refused("read the kernel's memory", untried));
  attack("tries to see the devices of the host", () => refused("see the devices of the host", untried));
  attack("tries to see control groups", () => refused("see control groups", untried));
  attack("tries to open KVM without having been given it", () =>
    refused("open KVM without having been given it", untried),
  );
  attack("tries to make a network device", () => refused("make a network device", untried));
  attack("tries to open a loop device", () => refused("open a loop device", untried));
  attack("tries to open FUSE", () => refused("open FUSE", untried));

  // networks and sockets
  attack("tries to reach a server on the host's loopback", () =>
    refused("reach a server on the host's loopback"),
  );
  attack("tries to reach a server on the host's address", () =>
    refused("reach a server on the host's address"),
  );
  attack("tries to connect to a neighbour's monitor", () => refused("connect to a neighbour's monitor"));
  attack("tries to connect to the daemon", () => refused("connect to the daemon"));
  attack("tries to connect to an abstract socket of the host", () =>
    refused("connect to an abstract socket of the host"),
  );
  attack("tries to see the network devices of the host", () =>
    refused("see the network devices of the host", untried),
  );
  attack("tries to send raw packets", () => refused("send raw packets"));
  attack("tries to see frames", () => refused("see frames"));
  attack("tries to change routes and rules", () => refused("change routes and rules"));
  attack("tries to reach the host by vsock", () => refused("reach the host by vsock", untried));
  attack("tries to use the kernel's cryptography", () => refused("use the kernel's cryptography", untried));

  // exhaustion
  attack("tries to open files without end", () => refused("open files without end"));
  attack("tries to fill the disk of the host", () => refused("fill the disk of the host"));
  attack("tries to take all memory", () => refused("take all memory"));
  attack("tries to lock memory", () => refused("lock memory"));
  attack("tries to leave a core behind", () => refused("leave a core behind"));
  attack("tries to fill queues of messages", () => refused("fill queues of messages"));
  attack("tries to start processes without end", () => refused("start processes without end"));
});
