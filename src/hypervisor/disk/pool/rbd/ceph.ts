/** Ceph's own programs, on one pool: with a time limit each, and with the key in a file without a name that they inherit. */
import { asLodgeError, hasCode, type LodgeError } from "#contract/errors";
import { withTimeout } from "#base/deadline";
import { exec } from "#base/exec";
import { withNamelessFile } from "#base/nameless-file";
import { PoolTrouble } from "../driver.ts";
import type { RbdConnection } from "./connection.ts";

/** Milliseconds for what only looks. */
export const patience = 10_000;
/** Milliseconds for what Ceph may have work with. */
const workTime = 120_000;

const keyAt = "/proc/self/fd/3";

export const missing =
  "Ceph's programs are not on this host: 'apt-get install ceph-common qemu-block-extra' brings them";

type Connection = RbdConnection & { readonly key: string };

async function run(
  command: "rbd" | "ceph",
  connection: Connection,
  args: readonly string[],
  { timeout = workTime, signal }: { readonly timeout?: number; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  const { monitors, user, key } = connection;
  // None of the host's own configuration: what counts is what the pool was made with.
  const common = ["--conf", "/dev/null", "--mon-host", monitors.join(","), "--id", user, "--keyfile", keyAt];
  return withNamelessFile(key, async (descriptor) => {
    const options = { timeout, descriptors: [descriptor], ...(signal ? { signal } : {}) };
    const running = exec(command, [...common, ...args], options);
    return (await withTimeout(running, timeout + 1000, command)).stdout;
  });
}

/** Why it failed, in words that go on after "Pool 'x' cannot be used: ". */
function troubleOf(error: unknown, timeout: number): unknown {
  if (hasCode(error, "host.command_missing")) return new PoolTrouble(missing, { cause: error });
  if (hasCode(error, "host.command_timeout"))
    return new PoolTrouble(`its monitors did not answer within ${timeout / 1000} s`, { cause: error });
  if (!hasCode(error, "host.command_failed")) return error;
  const { detail = "", message } = asLodgeError(error);
  const said = detail.trim().split("\n").at(-1)?.trim();
  return new PoolTrouble(said || message, { cause: error });
}

interface Options {
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
}

/** @throws PoolTrouble; the signal's reason */
export async function rbd(
  connection: Connection,
  args: readonly string[],
  options: Options = {},
): Promise<string> {
  try {
    return await run("rbd", connection, ["--pool", connection.pool, ...args], options);
  } catch (error) {
    throw troubleOf(error, options.timeout ?? workTime);
  }
}

/** Its answer as JSON. @throws PoolTrouble */
export const rbdTells = async (connection: Connection, args: readonly string[]): Promise<unknown> =>
  JSON.parse((await rbd(connection, [...args, "--format", "json"], { timeout: patience })) || "null");

/** @throws PoolTrouble */
export async function cephTells(connection: Connection, args: readonly string[]): Promise<unknown> {
  try {
    const seconds = String(patience / 1000);
    const all = ["--connect-timeout", seconds, ...args, "--format", "json"];
    const told = await run("ceph", connection, all, { timeout: patience + 2000 });
    // What only does something says nothing.
    return JSON.parse(told.trim() || "null");
  } catch (error) {
    throw troubleOf(error, patience);
  }
}

/** Ceph's programs end with the number of an error (errno(3)). */
const endedWith =
  (errno: number) =>
  (error: unknown): boolean =>
    error instanceof PoolTrouble &&
    hasCode(error.cause, "host.command_failed") &&
    (error.cause as LodgeError).params["status"] === `exit status ${errno}`;

/** ENOENT: what was asked for is not there. */
export const isAbsent = endedWith(2);
/** EEXIST: what was to be made is there already, as it is where a daemon was killed and the next one goes on. */
export const isThere = endedWith(17);

/** What came of it, or undefined where it failed in this way. */
export async function unless<T>(
  known: (error: unknown) => boolean,
  work: Promise<T>,
): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (known(error)) return undefined;
    throw error;
  }
}
