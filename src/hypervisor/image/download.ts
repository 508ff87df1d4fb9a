/**
 * Downloads a file by HTTP(S). A connection that breaks is taken up again where it stopped, as long as the
 * server says that it is still the same file (RFC 9110: Range, If-Range); else the download begins anew.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import type { Clock } from "#base/clock";
import { type AddressFilter, sendOut } from "#base/outbound";
import { writeWhole } from "#base/write-whole";
import { LodgeError } from "#contract/errors";

export interface DownloadOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Bytes so far, and in all where the server says it. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  /** Bytes after which the download is refused. Default 256 GiB. */
  readonly maxSize?: number;
  /** Bytes that it may still take; it is refused once that is less than nothing. Default: not asked. */
  readonly room?: () => Promise<number>;
  /** Tries after the first that bring no byte further. Default 4, with pauses of 0.5 s to 4 s between them. */
  readonly retries?: number;
  /** Milliseconds without a byte until a connection counts as broken. Default 30,000. */
  readonly stall?: number;
  /** Which addresses it may come from, redirects as well. Default: any. */
  readonly may?: AddressFilter;
}

const maxRedirects = 5;
/** Bytes between looks at how much room is left. */
const lookEvery = 2 ** 26;

/** What identifies the file that is being downloaded, from its first answer. */
interface Progress {
  done: number;
  total: number | undefined;
  /** A strong ETag, or the date of the last change. */
  validator: string | undefined;
}

/** The connection broke; another try may help. */
class Broken extends Error {}
/** Another try would end the same. */
class Refused extends Error {}

/**
 * Downloads `url` to the new file `target`. On failure or abort there is no target.
 *
 * @throws LodgeError image.download; the signal's reason when aborted.
 */
export async function download(url: string, target: string, options: DownloadOptions): Promise<void> {
  const file = await open(target, "wx", 0o600);
  try {
    await fetchAll(url, file, options);
    await file.close();
  } catch (error) {
    await file.close();
    await rm(target, { force: true });
    options.signal?.throwIfAborted();
    if (error instanceof LodgeError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LodgeError("image.download", { url: plainUrl(url), reason }, { cause: error });
  }
}

/** What may be written down of an address: a user's name, a password and what follows "?" may let in whoever has them. */
export function plainUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

async function fetchAll(url: string, file: FileHandle, options: DownloadOptions): Promise<void> {
  const progress: Progress = { done: 0, total: undefined, validator: undefined };
  const retries = options.retries ?? 4;
  for (let failures = 0; ; failures++) {
    const before = progress.done;
    try {
      return await fetchOnce(url, file, progress, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (progress.done > before) failures = 0;
      if (error instanceof Refused || error instanceof LodgeError || failures >= retries) throw error;
      await options.clock.sleep(Math.min(500 * 2 ** failures, 4000), options.signal);
    }
  }
}

async function fetchOnce(
  url: string,
  file: FileHandle,
  progress: Progress,
  options: DownloadOptions,
): Promise<void> {
  const stall = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stall.signal]) : stall.signal;
  const limit = options.stall ?? 30_000;
  const timer = setTimeout(() => stall.abort(new Error(`nothing came for ${limit / 1000} s`)), limit);
  try {
    const response = await request(url, progress, signal, options.may);
    readHead(response, progress, options.maxSize ?? 2 ** 38);
    if (progress.done === 0) await file.truncate(0);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      timer.refresh();
      await writeWhole(file, chunk, progress.done);
      progress.done += chunk.length;
      if (progress.done > (options.maxSize ?? 2 ** 38)) throw new Refused("it is larger than allowed");
      await requireRoom(progress.done, chunk.length, options);
      options.onProgress?.(progress.done, progress.total);
    }
    if (progress.total !== undefined && progress.done < progress.total)
      throw new Broken("the connection was closed early");
  } catch (error) {
    // What was cut off says only that it was.
    throw stall.signal.aborted ? new Broken("nothing more came", { cause: stall.signal.reason }) : error;
  } finally {
    clearTimeout(timer);
    stall.abort();
  }
}

async function requireRoom(done: number, last: number, { room }: DownloadOptions): Promise<void> {
  const looks = Math.floor(done / lookEvery) > Math.floor((done - last) / lookEvery);
  if (looks && room && (await room()) < 0) throw new Refused("the disk has no room for more of it");
}

/** Follows redirects, a few, and never from https to http. */
async function request(
  url: string,
  progress: Progress,
  signal: AbortSignal,
  may: AddressFilter | undefined,
): Promise<IncomingMessage> {
  const resume = progress.done > 0 && progress.validator !== undefined;
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (resume) Object.assign(headers, { range: `bytes=${progress.done}-`, "if-range": progress.validator });
  let address = url;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await sendOut({ url: address, headers, signal, may });
    const { location } = response.headers;
    const { statusCode = 0 } = response;
    if (statusCode < 300 || statusCode >= 400 || location === undefined) return response;
    response.destroy();
    const next = new URL(location, address);
    if (!/^https?:$/.test(next.protocol)) throw new Refused(`it leads to ${next.protocol}`);
    if (address.startsWith("https:") && next.protocol === "http:")
      throw new Refused("it leads from https to http");
    address = next.href;
  }
  throw new Refused(`it is redirected more than ${maxRedirects} times`);
}

/** Takes what the answer's head says: from where it goes on, how long the file is, which one it is. */
function readHead(
  { statusCode, statusMessage, headers }: IncomingMessage,
  progress: Progress,
  maxSize: number,
): void {
  const status = statusCode ?? 0;
  if (status !== 200 && status !== 206) {
    const message = `the server answered ${status} ${statusMessage ?? ""}`.trim();
    throw status >= 500 || status === 429 ? new Broken(message) : new Refused(message);
  }
  if (status === 206) {
    const start = Number(/^bytes (\d+)-/.exec(headers["content-range"] ?? "")?.[1]);
    if (start !== progress.done) throw new Refused("the server sent another part than was asked for");
  } else {
    progress.done = 0;
  }
  const length = headers["content-length"];
  progress.total = length === undefined ? undefined : progress.done + Number(length);
  const { etag } = headers;
  const strong = etag !== undefined && !etag.startsWith("W/") ? etag : undefined;
  progress.validator = strong ?? headers["last-modified"];
  if ((progress.total ?? 0) > maxSize) throw new Refused("it is larger than allowed");
}

/** Fetches a small text, such as a list of checksums, of at most 1 MiB. @throws LodgeError image.download. */
export async function fetchText(url: string, signal?: AbortSignal): Promise<string> {
  const timeout = AbortSignal.timeout(30_000);
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
    if (!response.ok) throw new Broken(`the server answered ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > 2 ** 20) throw new Refused("it is larger than a list of checksums");
    }
    return Buffer.concat(chunks).toString();
  } catch (error) {
    signal?.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new LodgeError(
      "image.download",
      { url, reason: cause instanceof Error ? cause.message : String(cause) },
      { cause: error },
    );
  }
}

/** A file's checksums, as it lies on the disk: all of them in one reading. */
export async function fileChecksums<Algorithm extends "sha256" | "sha512">(
  path: string,
  algorithms: readonly Algorithm[],
  signal?: AbortSignal,
): Promise<Record<Algorithm, string>> {
  const hashes = [...new Set(algorithms)].map((algorithm) => [algorithm, createHash(algorithm)] as const);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20, ...(signal && { signal }) })) {
    for (const [, hash] of hashes) hash.update(chunk);
  }
  return Object.fromEntries(hashes.map(([name, hash]) => [name, hash.digest("hex")])) as Record<
    Algorithm,
    string
  >;
}
