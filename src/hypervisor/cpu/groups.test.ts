import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { CgroupTree } from "../../../test/fakes/cgroup-tree.ts";
import { groupsConformance, type GroupsUnderTest } from "./groups-conformance.ts";
import { groupName, noGroups } from "./groups.ts";
import { openGroups } from "./open-groups.ts";
import { parseMounts } from "#base/cgroup-mounts";

const tag = `t${String(process.pid % 100_000).padStart(5, "0")}`;
const otherTag = "zzzzz";

const unit = "/system.slice/lodged.service";
const base = `/sys/fs/cgroup${unit}`;
const mountinfo = "30 20 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate";

function inUnit(tree: CgroupTree, overrides: { own?: string; uid?: number; writable?: boolean } = {}) {
  return {
    mountinfo,
    own: `0::${overrides.own ?? unit}\n`,
    uid: overrides.uid ?? 0,
    files: tree,
    writable: () => overrides.writable ?? true,
  };
}

function fakeV2(): GroupsUnderTest {
  const tree = new CgroupTree(base, ["cpuset", "cpu", "io", "memory", "pids"], [100, 101], 100);
  let last = 1000;
  const files = {
    weight: "cpu.weight",
    cap: "cpu.max",
    pin: "cpuset.cpus",
    memory: "memory.max",
    tasks: "pids.max",
  };
  const open = (which: string) => openGroups(which, inUnit(tree));
  return {
    groups: open(tag),
    again: () => open(tag),
    other: () => open(otherTag),
    async sleeper() {
      const pid = last++;
      return { pid, end: async () => tree.end(pid) };
    },
    inside: (guest) =>
      tree
        .read(`${base}/${groupName(tag, guest)}/cgroup.procs`)
        .split("\n")
        .filter(Boolean)
        .map(Number),
    told: (guest, what) =>
      tree
        .read(`${base}/${groupName(tag, guest)}/${files[what]}`)
        .trim()
        .split(" ")[0]!,
    async [Symbol.asyncDispose]() {},
  };
}

const mounts = parseMounts(readFileSync("/proc/self/mountinfo", "latin1"));
const kernel = process.getuid?.() === 0 ? openGroups(tag) : noGroups;

/** What this computer's kernel has, whichever version that is. */
function real(): GroupsUnderTest {
  const groups = openGroups(tag);
  const at = (controller: string) => mounts.find(({ controllers }) => controllers.includes(controller))?.at;
  const files: Record<string, [string, string]> =
    groups.version === 1
      ? {
          weight: ["cpu", "cpu.shares"],
          cap: ["cpu", "cpu.cfs_quota_us"],
          pin: ["cpuset", "cpuset.cpus"],
          memory: ["memory", "memory.limit_in_bytes"],
          tasks: ["pids", "pids.max"],
        }
      : {};
  const ends: (() => Promise<void>)[] = [];
  return {
    groups,
    again: () => openGroups(tag),
    other: () => openGroups(otherTag),
    async sleeper() {
      const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
      await once(child, "spawn");
      const end = async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill("SIGKILL");
        await once(child, "exit");
      };
      ends.push(end);
      return { pid: child.pid!, end };
    },
    inside(guest) {
      const read = (controller: string) =>
        readFileSync(`${at(controller)}/${groupName(tag, guest)}/cgroup.procs`, "latin1").trim();
      for (const controller of ["memory", "pids", "cpuset"]) assert.equal(read(controller), read("cpu"));
      return read("cpu").split("\n").filter(Boolean).map(Number);
    },
    told(guest, what) {
      const [controller, name] = files[what]!;
      return readFileSync(`${at(controller)}/${groupName(tag, guest)}/${name}`, "latin1").trim();
    },
    async [Symbol.asyncDispose]() {
      for (const end of ends) await end();
      for (const guest of groups.list()) assert.equal(groups.remove(guest), true);
    },
  };
}

groupsConformance("version 2, below a unit's own", { open: fakeV2 });
groupsConformance("of this computer's kernel", {
  open: real,
  skip: kernel.version !== 1 && "needs root and version 1 with all controllers",
});

describe("which control groups are used", () => {
  it("below a unit's own, whose processes move into a leaf", () => {
    const tree = new CgroupTree(base, ["cpu", "memory", "pids"], [100, 101]);
    const groups = openGroups(tag, inUnit(tree));
    assert.deepEqual([...groups.controllers].toSorted(), ["cpu", "memory", "pids"]);
    assert.equal(tree.read(`${base}/cgroup.procs`), "");
    assert.equal(tree.read(`${base}/daemon/cgroup.procs`), "100\n101\n");
    // The next daemon of that unit is born in the unit's own group, or where systemd puts it.
    assert.equal(openGroups(tag, inUnit(tree, { own: `${unit}/daemon` })).version, 2);
  });

  it("of controllers that were not delegated none", () => {
    const tree = new CgroupTree(base, ["memory", "pids"], [100]);
    const groups = openGroups(tag, inUnit(tree));
    assert.deepEqual([...groups.controllers].toSorted(), ["memory", "pids"]);
    groups.make("g1", { cap: 1, weight: 10, memory: 4096 });
    assert.equal(tree.read(`${base}/${groupName(tag, "g1")}/memory.max`), "4096\n");
  });

  it("none for a user to whom nothing was delegated, and none where nothing is mounted", () => {
    const scope = "/user.slice/user-1000.slice/session-2.scope";
    const tree = new CgroupTree(`/sys/fs/cgroup${scope}`, ["memory", "pids"], [100]);
    const around = inUnit(tree, { own: scope, uid: 1000, writable: false });
    assert.equal(openGroups(tag, around), noGroups);
    assert.equal(openGroups(tag, { ...around, mountinfo: "", uid: 0 }), noGroups);
  });

  it("of version 1 those that are mounted, also where a container sees a part of the tree", () => {
    const mountinfo = [
      "41 31 0:30 /docker/abc /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
      "42 31 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
      "43 31 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
    ].join("\n");
    const made: string[] = [];
    const files = {
      read: (path: string) => (path.endsWith("/cgroup.controllers") ? "\n" : ""),
      write: () => undefined,
      writeSoon: async () => undefined,
      make: (path: string) => void made.push(path),
      remove: () => undefined,
      list: () => [],
    };
    const groups = openGroups(tag, {
      mountinfo,
      own: "3:pids:/\n2:cpu,cpuacct:/docker/abc\n0::/\n",
      uid: 0,
      files,
      writable: () => true,
    });
    assert.deepEqual([...groups.controllers].toSorted(), ["cpu", "pids"]);
    groups.make("g1", {});
    assert.deepEqual(made.toSorted(), [
      `/sys/fs/cgroup/cpu,cpuacct/${groupName(tag, "g1")}`,
      `/sys/fs/cgroup/pids/${groupName(tag, "g1")}`,
    ]);
  });
});
