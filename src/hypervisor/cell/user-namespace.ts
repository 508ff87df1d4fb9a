/** A namespace of users whose root is somebody of the host who is not: made by root, for a cell. */
import { once } from "node:events";
import { openSync, writeFileSync } from "node:fs";
import { LodgeError } from "#contract/errors";
import { findProgram, startChild } from "#base/child";
import { detachedEnv } from "#base/detached";
import { commandMissing } from "#base/exec";

/** Who on the host somebody in the namespace is: the first of each, and how many follow. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

export interface IdMaps {
  readonly users: readonly IdRange[];
  readonly groups: readonly IdRange[];
}

/** As /proc/PID/uid_map takes it (user_namespaces(7)). Pure. */
export const mapText = (ranges: readonly IdRange[]): string =>
  ranges.map(({ inside, outside, count }) => `${inside} ${outside} ${count}\n`).join("");

/**
 * A descriptor of a new one, which lives as long as somebody has it; the caller closes it.
 *
 * @throws LodgeError host.command_missing; what the kernel says of the maps
 */
export async function openUserNamespace({ users, groups }: IdMaps): Promise<number> {
  const unshare = findProgram("unshare", detachedEnv.PATH);
  if (unshare === undefined) throw commandMissing("unshare", undefined);
  // It says something back only once it is in the namespace, and ends when nothing more is said to it.
  const within = startChild(unshare, ["--user", "--", "cat"], {
    cwd: "/",
    env: detachedEnv,
    hasInput: true,
    descriptors: [],
  });
  try {
    within.stderr.resume();
    const failed = within.ended.then(() => {
      throw new LodgeError("host.cell_unavailable", { reason: "no namespace of users can be made" });
    });
    failed.catch(() => undefined);
    within.stdin!.on("error", () => undefined).write("\n");
    await Promise.race([once(within.stdout, "data"), failed]);
    writeFileSync(`/proc/${within.pid}/uid_map`, mapText(users));
    writeFileSync(`/proc/${within.pid}/gid_map`, mapText(groups));
    return openSync(`/proc/${within.pid}/ns/user`, "r");
  } finally {
    within.stdin!.destroy();
    within.kill("SIGKILL");
    within.stdout.resume();
  }
}
