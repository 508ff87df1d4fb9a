/** Where control groups are mounted, and where this process is in them. Pure: of /proc/self/mountinfo and cgroup. */
import { join } from "node:path";

export interface CgroupMount {
  readonly version: 1 | 2;
  /** Of version 1: what it controls. */
  readonly controllers: readonly string[];
  /** Where it is mounted. */
  readonly at: string;
  /** The group that is seen there, as /proc/PID/cgroup names groups. */
  readonly root: string;
}

/** Fields of proc_pid_mountinfo(5); spaces in paths are written as octal escapes. */
export function parseMounts(mountinfo: string): CgroupMount[] {
  const decoded = (path: string) =>
    path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return mountinfo.split("\n").flatMap((line): CgroupMount[] => {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , root = "/", at = ""] = left.split(" ");
    const [type, , options = ""] = right.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") return [];
    const version = type === "cgroup" ? 1 : 2;
    return [{ version, controllers: options.split(","), at: decoded(at), root: decoded(root) }];
  });
}

/** The path of this process's group in each hierarchy; version 2's has the name "". */
export function parseOwn(text: string): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  for (const line of text.trim().split("\n")) {
    const [, names = "", ...path] = line.split(":");
    for (const name of names.split(",")) own.set(name, path.join(":"));
  }
  return own;
}

/** The folder of a group in a mount; undefined where it is not seen there. */
export function folderOf({ at, root }: CgroupMount, group: string | undefined): string | undefined {
  if (group === undefined || group.split("/").includes("..")) return undefined;
  if (root === "/") return join(at, group);
  return group === root || group.startsWith(`${root}/`) ? join(at, group.slice(root.length)) : undefined;
}

/** Of a service of systemd's, which delegates what is below it; the daemon may be in a leaf there already. */
export function serviceOf(group: string | undefined): string | undefined {
  const match = /^(.*\.service)(\/daemon)?$/.exec(group ?? "");
  return match?.[1];
}
