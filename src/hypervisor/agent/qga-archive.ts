/**
 * Archives into and out of a guest by QEMU's guest agent. A command's streams do not flow, but files do: the
 * archive lies in a file of the guest's for the time, which needs that much room there.
 *
 *   out: tar -cf FILE ──► FILE is read in parts ──► rm FILE
 *   in:  FILE is written in parts ──► tar -xf FILE ──► rm FILE
 */
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { LodgeError } from "#contract/errors";
import { lastLine, nameIn } from "./guest-agent.ts";
import type { QgaClient } from "./qga.ts";
import { readFile, writeFile } from "./qga-file.ts";
import { runToEnd } from "./qga-process.ts";

/** Where there is a disk behind it, not memory. The name is nobody's who might wait for it there. */
const makeFile = "mktemp /var/tmp/lodge-XXXXXXXXXX 2>/dev/null || mktemp /tmp/lodge-XXXXXXXXXX";

/** @throws LodgeError agent.file */
export async function packThroughFile(qga: QgaClient, path: string, signal?: AbortSignal): Promise<Readable> {
  await run(qga, ["test", "-e", path], path, signal, "there is no such file");
  const file = await temporaryFile(qga, signal);
  try {
    await run(qga, ["tar", "-C", dirname(path), "-cf", file.path, "--", nameIn(path)], path, signal);
  } catch (error) {
    await file.remove();
    throw error;
  }
  const content = async function* () {
    try {
      yield* readFile(qga, file.path, { signal });
    } finally {
      await file.remove();
    }
  };
  // One that nobody reads never begins, and so does not end.
  return Readable.from(content(), { objectMode: false }).once("close", () => void file.remove());
}

/** @throws LodgeError agent.file */
export async function unpackThroughFile(
  qga: QgaClient,
  folder: string,
  archive: Readable,
  signal?: AbortSignal,
): Promise<void> {
  await run(qga, ["test", "-d", folder], folder, signal, "there is no such folder");
  const file = await temporaryFile(qga, signal);
  try {
    await writeFile(qga, file.path, archive, { signal });
    await run(qga, ["tar", "-C", folder, "-xf", file.path, "--no-same-owner"], folder, signal);
  } finally {
    await file.remove();
  }
}

async function temporaryFile(qga: QgaClient, signal?: AbortSignal) {
  const path = (await run(qga, ["sh", "-c", makeFile], "/var/tmp", signal)).trim();
  let removed: Promise<void> | undefined;
  // Also when the copy was given up; a guest that is gone or answers no more keeps it.
  const remove = async () => {
    await runToEnd(qga, { argv: ["rm", "-f", "--", path] }).catch(() => undefined);
  };
  return { path, remove: () => (removed ??= remove()) };
}

/** What a command printed. @throws LodgeError agent.file about the path, with `reason` or the last it said. */
async function run(
  qga: QgaClient,
  argv: readonly string[],
  path: string,
  signal?: AbortSignal,
  reason?: string,
): Promise<string> {
  const { exit, stdout, stderr } = await runToEnd(qga, { argv }, { signal, timeout: 0 });
  if ("code" in exit && exit.code === 0) return stdout.toString();
  const words = lastLine(stderr.toString().slice(-1000));
  throw new LodgeError("agent.file", { path, reason: reason ?? (words || `${argv[0]} failed`) });
}
