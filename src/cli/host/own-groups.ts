/** The control groups of a home's guests, for when no daemon can say: told by the processes that are in them. */
import { readdirSync, readFileSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { folderOf, parseMounts, parseOwn } from "#base/cgroup-mounts";

/** As hypervisor/cpu/groups.ts names them: its Lodge's tag, and the guest. */
const named = /^(lodge-[a-z0-9]+-)[a-z0-9]+$/;

/** Where they lie, and how the names of all of this Lodge's begin. */
interface Siblings {
  readonly folder: string;
  readonly prefix: string;
}

export interface GroupsAround {
  /** /proc/self/mountinfo */
  readonly mountinfo: string;
  /** /proc/PID/cgroup of each process. */
  readonly cgroups: readonly string[];
}

/** Pure. */
export function siblingsOf({ mountinfo, cgroups }: GroupsAround): Siblings[] {
  const mounts = parseMounts(mountinfo);
  const found = new Map<string, Siblings>();
  for (const text of cgroups)
    for (const [controller, group] of parseOwn(text)) {
      const prefix = named.exec(group.split("/").at(-1) ?? "")?.[1];
      const mount = mounts.find(({ version, controllers }) =>
        controller === "" ? version === 2 : version === 1 && controllers.includes(controller),
      );
      const path = mount && prefix !== undefined ? folderOf(mount, group) : undefined;
      if (path !== undefined && prefix !== undefined) {
        const folder = dirname(path);
        found.set(join(folder, prefix), { folder, prefix });
      }
    }
  return [...found.values()];
}

/** To be asked while the processes are there. @returns removes their groups, and others of the same Lodge, once they are gone. */
export function groupsOf(pids: readonly number[]): () => Promise<void> {
  const read = (path: string) => {
    try {
      return readFileSync(path, "latin1");
    } catch {
      return "";
    }
  };
  const siblings = siblingsOf({
    mountinfo: read("/proc/self/mountinfo"),
    cgroups: pids.map((pid) => read(`/proc/${pid}/cgroup`)),
  });
  return async () => {
    for (const one of siblings) await removeAll(one);
  };
}

/** The last threads of a process are in its group for some milliseconds more. */
async function removeAll({ folder, prefix }: Siblings): Promise<void> {
  for (let pause = 2; pause < 1000; pause *= 2) {
    const left = readdirSync(folder).filter((name) => name.startsWith(prefix));
    const busy = left.filter((name) => !removed(join(folder, name)));
    if (busy.length === 0) return;
    await delay(pause);
  }
}

function removed(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
