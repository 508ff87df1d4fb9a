/**
 * Runs mmdebstrap so that it can be ended at any moment and leaves no mount and no process.
 *
 * As root it gets a mount and a process namespace of its own: killing the first process in it kills all,
 * and the mounts go with them; the files are the caller's to remove. Without root, mmdebstrap makes such
 * namespaces itself, and only it can remove the files of other uids: so it is asked to end, with all its
 * children, and does so.
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { createInterface } from "node:readline";
import { exec, searchPath } from "#base/exec";
import { hasCode, LodgeError } from "#contract/errors";

const isolated = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--", "mmdebstrap"];

export interface MmdebstrapOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Called with each line that it says. */
  readonly onLine: (line: string) => void;
}

/**
 * Without root the files of an image belong to ids out of a range that is the caller's, which newuidmap lets him use.
 *
 * @throws LodgeError host.command_missing, host.no_id_range
 */
async function requireIdRange(): Promise<void> {
  // Asked for nothing it fails, where it is there.
  await exec("newuidmap", []).catch((error: unknown) => {
    if (!hasCode(error, "host.command_failed")) throw error;
  });
  const { username, uid } = userInfo();
  const ranges = await readFile("/etc/subuid", "utf8").catch(() => "");
  if (!ranges.split("\n").some((line) => [username, String(uid)].includes(line.split(":")[0] ?? "")))
    throw new LodgeError("host.no_id_range", { user: username });
}

/** @throws LodgeError host.command_failed, host.command_missing, host.no_id_range; the signal's reason when aborted. */
export async function mmdebstrap(args: readonly string[], options: MmdebstrapOptions): Promise<void> {
  const { signal } = options;
  const root = process.getuid?.() === 0;
  if (!root) await requireIdRange();
  signal?.throwIfAborted();
  const [command, all] = root ? ["unshare", [...isolated, ...args]] : ["mmdebstrap", args];
  return new Promise((done, fail) => {
    const env = {
      PATH: searchPath(),
      LC_ALL: "C.UTF-8",
      ...options.env,
    };
    // Detached: a process group of its own, which can be ended as one.
    const child = spawn(command, all, { env, stdio: ["ignore", "ignore", "pipe"], detached: true });
    createInterface({ input: child.stderr }).on("line", options.onLine);
    const abort = () => {
      if (child.pid !== undefined) process.kill(-child.pid, root ? "SIGKILL" : "SIGTERM");
    };
    signal?.addEventListener("abort", abort, { once: true });
    child.on("error", (cause) => {
      signal?.removeEventListener("abort", abort);
      fail(
        new LodgeError(
          "host.command_missing",
          { command, package: root ? "util-linux" : command },
          { cause },
        ),
      );
    });
    child.on("close", (code, killedBy) => {
      signal?.removeEventListener("abort", abort);
      if (signal?.aborted) return fail(signal.reason);
      if (code === 0) return done();
      if (code === 127)
        return fail(new LodgeError("host.command_missing", { command: "mmdebstrap", package: "mmdebstrap" }));
      const status = killedBy ? `killed by ${killedBy}` : `exit status ${code}`;
      fail(new LodgeError("host.command_failed", { command: "mmdebstrap", status }));
    });
  });
}
