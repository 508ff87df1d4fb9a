/** Copies a disk from one format into another, with qemu-img, sparsely. */
import { open, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { LodgeError } from "#contract/errors";
import { findProgram, startChild } from "#base/child";
import { howEnded, type Ending } from "#base/endings";
import { searchPath } from "#base/exec";
import type { DiskFormat } from "./create.ts";
import { qemuFormats } from "./inspect.ts";
import { encryptedWith, keyedName, keysOf, type Key, type KeyedFile } from "./keyed.ts";
import { type ImageFiles, qemuImgCommand, qemuImgMissing } from "./qemu-img.ts";
import type { ImageFormat } from "./sniff.ts";
import { roomIn } from "./space.ts";

/** Milliseconds between looks at how much room is left: qemu-img writes a gigabyte in that time at most. */
const lookEvery = 500;

export interface ConvertOptions {
  signal?: AbortSignal;
  /** The files that the source stands on: it can name no others. */
  below?: readonly string[];
  /** Called with 0 to 1 as it goes on, at most a hundred times. */
  onProgress?: (fraction: number) => void;
  /** The target is there already: a block device. */
  existing?: boolean;
  /** The source with all that it stands on, where these are encrypted. */
  chain?: readonly KeyedFile[] | undefined;
  /** What the target is encrypted with. */
  targetKey?: Key | undefined;
}

/** Aborts once the disk that has `target` has no room for more: a few bytes may be compressed terabytes. */
function watchRoom(target: string, isDevice = false): AbortController & Disposable {
  const full = new AbortController();
  const folder = dirname(target);
  const timer = setInterval(() => {
    const look = async () => {
      if (!isDevice && (await roomIn(folder)) < 0)
        full.abort(new LodgeError("host.no_space", { path: folder }));
    };
    look().catch(() => undefined);
  }, lookEvery);
  return Object.assign(full, { [Symbol.dispose]: () => clearInterval(timer) });
}

/**
 * Converts `source` into the new file `target`, following its backing files: whoever did not make the
 * source inspects it first. On failure or abort there is no target.
 *
 * @throws LodgeError host.no_space, host.command_failed, host.command_missing; the signal's reason when aborted.
 */
export async function convert(
  source: string,
  sourceFormat: ImageFormat,
  target: string,
  targetFormat: DiskFormat,
  options: ConvertOptions = {},
): Promise<void> {
  const { chain, targetKey } = options;
  const keys = [...keysOf(chain ?? []), ...(targetKey ? [targetKey] : [])];
  const formats = [...(chain ? [] : ["-f", qemuFormats[sourceFormat]]), "-O", targetFormat];
  const encrypted = targetKey ? ["-o", encryptedWith(targetKey.id)] : [];
  using full = watchRoom(target, options.existing);
  const signal = options.signal ? AbortSignal.any([options.signal, full.signal]) : full.signal;
  try {
    // Made here, since a cell can be given only what is there.
    if (!options.existing) await (await open(target, "w", 0o600)).close();
    const files = { read: [source, ...(options.below ?? [])], write: [target], keys };
    const make = options.existing ? ["-n"] : [];
    const from = chain ? keyedName(chain) : resolve(source);
    const words = ["convert", "-p", ...make, ...formats, ...encrypted, from, resolve(target)];
    await run(words, files, { ...options, signal });
  } catch (error) {
    if (!options.existing) await rm(target, { force: true });
    throw error;
  }
}

/** The last percentage in a piece of qemu-img's output, which redraws "(12.50/100%)" with carriage returns. */
export function lastFraction(text: string): number | undefined {
  const percent = [...text.matchAll(/\((\d+\.\d+)\/100%\)/g)].at(-1)?.[1];
  return percent === undefined ? undefined : Number(percent) / 100;
}

/** Runs qemu-img; unlike base/exec it reads the standard output as it comes, where the progress is. */
async function run(
  args: readonly string[],
  files: ImageFiles,
  { signal, onProgress }: ConvertOptions,
): Promise<void> {
  signal?.throwIfAborted();
  using cell = await qemuImgCommand(args, files);
  const env = { PATH: searchPath(), LC_ALL: "C.UTF-8", ...cell.env };
  const file = findProgram(cell.command, env.PATH);
  if (file === undefined) throw qemuImgMissing(undefined);
  const child = startChild(file, cell.args, { env, hasInput: false, descriptors: cell.descriptors });
  let stderr = "";
  let reached = -1;
  child.stdout.on("data", (chunk: Buffer) => {
    const fraction = lastFraction(chunk.toString());
    if (fraction === undefined || fraction < reached + 0.01) return;
    reached = fraction;
    onProgress?.(fraction);
  });
  child.stderr.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)));
  const abort = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", abort, { once: true });
  const ending = await child.ended.finally(() => signal?.removeEventListener("abort", abort));
  if (signal?.aborted) throw signal.reason;
  if (ending.status !== 0) throw whyFailed(ending, stderr, args.at(-1) ?? "");
}

function whyFailed(ending: Ending, stderr: string, path: string): LodgeError {
  if (/No space left on device/.test(stderr))
    return new LodgeError("host.no_space", { path }, { detail: stderr });
  const params = { command: "qemu-img", status: howEnded(ending) };
  return new LodgeError("host.command_failed", params, { detail: stderr });
}
