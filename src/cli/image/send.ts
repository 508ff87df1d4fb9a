/** Sends a file of this computer to a daemon on another one, in sight of the user. */
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { UploadProgress, UploadSource } from "#client/upload";
import type { Context } from "../context.ts";
import { fileError } from "../paths.ts";
import { createProgress, type Progress } from "../progress.ts";
import { formatSize } from "../values.ts";

/**
 * Resolves once all of it is there. Ctrl-C leaves what is there for the next time.
 *
 * @throws LodgeError cli.file, upload.interrupted; what the daemon refuses.
 */
export async function sendHere(
  context: Context,
  path: string,
  name: string | undefined,
): Promise<Schemas["Upload"]> {
  await using file = await open(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  const stat = await file.stat();
  if (!stat.isFile()) throw new LodgeError("cli.file", { path, reason: "it is not a plain file" });
  if (stat.size === 0) throw new LodgeError("cli.file", { path, reason: "it is empty" });
  const source: UploadSource = {
    name: basename(path),
    size: stat.size,
    modified: stat.mtimeMs,
    async read(from, to) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
      if (bytesRead < to - from) throw new LodgeError("cli.file", { path, reason: "it became shorter" });
      return buffer;
    },
  };
  return await watched(context, source, name);
}

async function watched(
  context: Context,
  source: UploadSource,
  name: string | undefined,
): Promise<Schemas["Upload"]> {
  const progress = createProgress(context.terminal, source.name);
  const ended = new AbortController();
  let offset = 0;
  const stopped = () =>
    new LodgeError("upload.interrupted", { file: source.name, offset, size: source.size });
  const interrupt = () => ended.abort(stopped());
  process.once("SIGINT", interrupt);
  try {
    return await context.client.upload(source, {
      name,
      signal: ended.signal,
      onFound: (upload) => tellFound(progress, upload),
      onProgress: (now) => {
        ({ offset } = now);
        progress.update(inWords(now), now.offset / now.size);
      },
    });
  } catch (error) {
    // Away for so long, it may come back: what is there is not lost by that.
    if (offset > 0 && hasCode(error, "api.daemon_unreachable", "api.daemon_lost", "api.stopping"))
      progress.note(`${stopped().message} ${stopped().hint}`);
    throw error;
  } finally {
    process.off("SIGINT", interrupt);
    progress.end();
  }
}

function tellFound(progress: Progress, { offset, size }: Schemas["Upload"]): void {
  if (offset > 0) progress.note(`Going on behind ${formatSize(offset)} of ${formatSize(size)}`);
}

/** "12 MiB of 64 MiB, 5.0 MiB a second, 0:11 left" */
export function inWords({ offset, size, speed, waiting }: UploadProgress): string {
  if (waiting) return `${waiting.message} Trying again`;
  const there = `${formatSize(offset)} of ${formatSize(size)}`;
  if (speed === undefined || speed < 1) return there;
  const seconds = Math.ceil((size - offset) / speed);
  const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return `${there}, ${formatSize(Math.round(speed))} a second, ${left} left`;
}
