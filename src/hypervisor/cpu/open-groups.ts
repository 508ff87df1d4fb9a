/**
 * Finds out which control groups Lodge may use for its guests.
 *
 *   a unit of systemd's (Delegate=yes)   below the unit's own group
 *   root otherwise                       below the root of each tree, as far as it is seen here: a daemon that is
 *                                        started from another login finds its guests again
 *   a user otherwise                     below its own group, if that has been delegated to it; else none
 *
 * Version 2 allows no process beside groups, but at the root: whoever is in the unit's own group moves into a leaf.
 */
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { isThere, kernelFiles, type GroupFiles } from "./group-files.ts";
import { allControllers, noGroups, type Controller, type Groups } from "./groups.ts";
import { GroupsV1, type V1Bases } from "./groups-v1.ts";
import { delegate, GroupsV2, type V2Base } from "./groups-v2.ts";
import { folderOf, parseMounts, parseOwn, serviceOf, type CgroupMount } from "#base/cgroup-mounts";

export interface Surroundings {
  readonly mountinfo: string;
  /** /proc/self/cgroup */
  readonly own: string;
  readonly uid: number;
  readonly files: GroupFiles;
  readonly writable: (path: string) => boolean;
}

const here = (): Surroundings => ({
  mountinfo: readFileSync("/proc/self/mountinfo", "latin1"),
  own: readFileSync("/proc/self/cgroup", "latin1"),
  uid: process.getuid?.() ?? -1,
  files: kernelFiles,
  writable,
});

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The leaf for what is not a guest's, below a unit's group. */
const leaf = "daemon";

/** Never throws: where nothing can be used, there are no groups. */
export function openGroups(tag: string, around?: Surroundings): Groups {
  try {
    const surroundings = around ?? here();
    return openV2(tag, surroundings) ?? openV1(tag, surroundings) ?? noGroups;
  } catch {
    return noGroups;
  }
}

/** The group of a tree below which guests' are to be. */
function baseOf(mount: CgroupMount, own: string | undefined, around: Surroundings): string | undefined {
  const service = folderOf(mount, serviceOf(own));
  if (service !== undefined && around.writable(join(service, "cgroup.procs"))) return service;
  const base = around.uid === 0 ? mount.at : folderOf(mount, own);
  return base !== undefined && around.writable(join(base, "cgroup.procs")) ? base : undefined;
}

function openV2(tag: string, around: Surroundings): Groups | undefined {
  const { files } = around;
  const mount = parseMounts(around.mountinfo).find(({ version }) => version === 2);
  const group = parseOwn(around.own).get("");
  const path = mount && baseOf(mount, group, around);
  if (path === undefined) return undefined;
  const offered = files.read(join(path, "cgroup.controllers")).trim().split(" ");
  const wanted = allControllers.filter((name) => offered.includes(name));
  if (wanted.length === 0) return undefined;
  if (folderOf(mount!, serviceOf(group)) === path) clear(files, path);
  const controllers = new Set<Controller>(wanted.filter((name) => delegate(files, path, name)));
  if (controllers.size === 0) return undefined;
  const now = folderOf(mount!, group) ?? path;
  const own = isThere(files, join(path, leaf)) ? join(path, leaf) : now;
  return new GroupsV2(tag, { path, controllers, own } satisfies V2Base, files);
}

/** Guests of a Lodge that knew no groups are moved as well: each gets its own when it is adopted. */
function clear(files: GroupFiles, base: string): void {
  const pids = files.read(join(base, "cgroup.procs")).trim();
  if (pids === "") return;
  files.make(join(base, leaf));
  for (const pid of pids.split("\n")) files.write(join(base, leaf, "cgroup.procs"), pid);
}

function openV1(tag: string, around: Surroundings): Groups | undefined {
  const mounts = parseMounts(around.mountinfo).filter(({ version }) => version === 1);
  const own = parseOwn(around.own);
  const bases: V1Bases = Object.fromEntries(
    [...allControllers, "cpuacct"].flatMap((name) => {
      const mount = mounts.find(({ controllers }) => controllers.includes(name));
      const base = mount && baseOf(mount, own.get(name), around);
      return base === undefined ? [] : [[name, base]];
    }),
  );
  const [first] = Object.keys(bases);
  if (first === undefined) return undefined;
  const mount = mounts.find(({ controllers }) => controllers.includes(first));
  return new GroupsV1(tag, bases, mount && folderOf(mount, own.get(first)), around.files);
}
