/**
 * Sends a file to become an image, piece by piece, over broken connections and a daemon's restart:
 *
 *   find or begin ──► read a piece ──► send it ──► … ──► all of it is there
 *                        ▲               │ the connection breaks
 *                        └── wait, ask where it stands ◄┘
 *
 * Pieces are as large as go in about a second, so that progress shows on any link and little is sent twice.
 * Imports nothing of Node's.
 */
import { hasCode, LodgeError } from "#contract/errors";
import { routes } from "#contract/routes";
import type { Schemas } from "#contract/schemas";
import { isAway } from "./patience.ts";
import { fillPath, type Call, type Send } from "./request.ts";

type Upload = Schemas["Upload"];

/** A file, wherever it is. */
export interface UploadSource {
  /** Without a path. */
  readonly name: string;
  readonly size: number;
  /** When it was last changed, in milliseconds. */
  readonly modified: number;
  /** The bytes from one place to before another. */
  read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>>;
}

export interface UploadProgress {
  /** Bytes that are there. */
  readonly offset: number;
  readonly size: number;
  /** Bytes a second, lately; undefined until that is known. */
  readonly speed: number | undefined;
  /** Why it does not go on at the moment; it is tried again. */
  readonly waiting: LodgeError | undefined;
}

export interface UploadOptions {
  /** What the image is to be called, to be told early where that name is taken. */
  readonly name?: string | undefined;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Called with the upload before anything of it is sent. */
  readonly onFound?: ((upload: Upload) => void) | undefined;
  /** Ends the sending; what is there stays. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without any progress after which it is given up. */
  readonly patience?: number;
}

const smallest = 64 * 1024;
const largest = 16 * 1024 * 1024;
const firstPiece = 1024 * 1024;
/** Milliseconds: a piece that took less is followed by a larger one, one that took more by a smaller one. */
const quick = 500;
const slow = 2_000;
/** Milliseconds for one piece; the server waits no longer. */
const pieceTimeout = 60_000;
/** Milliseconds between tries, at first and at most. */
const firstPause = 500;
const longestPause = 5_000;
const usualPatience = 10 * 60_000;

/** Bytes of a file's beginning and end that tell it from others of its name, size and time. */
const sample = 64 * 1024;

/** What a file is known by: the same again when it is chosen or typed again, and another once it has changed. */
export async function fingerprintOf(source: UploadSource): Promise<string> {
  const { name, size, modified } = source;
  const said = new TextEncoder().encode(`${name}\0${size}\0${Math.floor(modified)}\0`);
  const head = await source.read(0, Math.min(sample, size));
  const tail = await source.read(Math.max(0, size - sample), size);
  const all = new Uint8Array(said.length + head.length + tail.length);
  all.set(said);
  all.set(head, said.length);
  all.set(tail, said.length + head.length);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Resolves to the upload once all of the file is there; what was sent of it before is not sent again.
 *
 * @throws LodgeError what the daemon refuses, api.daemon_unreachable and its kin once patience is at its end;
 *   the signal's reason when aborted; what the source throws.
 */
export async function sendFile(
  call: Call,
  send: Send,
  source: UploadSource,
  options: UploadOptions = {},
): Promise<Upload> {
  const { signal, onFound } = options;
  const trying = new Patience(options.patience ?? usualPatience, signal);
  const tell = new Teller(source.size, options.onProgress);
  const waiting = (why: LodgeError) => tell.waiting(why);
  const again = <T>(attempt: () => Promise<T>) => trying.persist(attempt, waiting);
  const fingerprint = await fingerprintOf(source);
  let upload = await again(() => findOrBegin(call, source, fingerprint, options));
  onFound?.(upload);
  tell.at(upload.offset);
  let length = firstPiece;
  while (upload.offset < upload.size) {
    const { id, offset } = upload;
    const piece = await source.read(offset, Math.min(offset + length, upload.size));
    signal?.throwIfAborted();
    const begun = performance.now();
    try {
      upload = await sendPiece(send, upload, piece, signal);
      const took = performance.now() - begun;
      trying.wentOn();
      tell.sent(upload.offset, piece.length, took);
      if (took < quick) length = Math.min(largest, length * 2);
      else if (took > slow) length = Math.max(smallest, length / 2);
    } catch (error) {
      await trying.pause(error, waiting);
      length = Math.max(smallest, length / 2);
      upload = await again(() => call("uploadGet", { params: { upload: id } }, { signal }));
      if (upload.offset > offset) trying.wentOn();
      tell.at(upload.offset);
    }
  }
  return upload;
}

/** The open upload of this very file, or a new one. */
async function findOrBegin(
  call: Call,
  source: UploadSource,
  fingerprint: string,
  { name, signal }: UploadOptions,
): Promise<Upload> {
  const open = await call("uploadList", {}, { signal });
  const found = open.find(
    (each) => each.own && each.fingerprint === fingerprint && each.size === source.size,
  );
  if (found) return found;
  const body = { file: source.name, size: source.size, fingerprint, ...(name === undefined ? {} : { name }) };
  return call("uploadCreate", { body }, { signal });
}

async function sendPiece(
  send: Send,
  { id, offset }: Upload,
  body: Uint8Array<ArrayBuffer>,
  signal: AbortSignal | undefined,
): Promise<Upload> {
  const limit = AbortSignal.timeout(pieceTimeout);
  const answer = await send({
    method: routes.uploadSend.method,
    path: fillPath(routes.uploadSend, { params: { upload: id } }),
    body,
    headers: { "content-type": "application/offset+octet-stream", "upload-offset": String(offset) },
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  return JSON.parse(new TextDecoder().decode(answer.body)) as Upload;
}

/** Statuses by which servers before Lodge, and Node itself, say that another try may do better. */
const passing = new Set([408, 429, 502, 503, 504]);

const mayPass = (error: unknown): boolean =>
  isAway(error) ||
  // A piece whose answer was lost has arrived, or a part of it.
  hasCode(error, "upload.offset", "api.client_gone") ||
  (hasCode(error, "api.unexpected_answer") && passing.has(Number(error.params["status"]))) ||
  (error instanceof DOMException && error.name === "TimeoutError");

/** Tries again and again, at growing intervals, as long as there is hope. */
class Patience {
  readonly #limit: number;
  readonly #signal: AbortSignal | undefined;
  #since: number | undefined;
  #next = firstPause;

  constructor(limit: number, signal: AbortSignal | undefined) {
    this.#limit = limit;
    this.#signal = signal;
  }

  wentOn(): void {
    this.#since = undefined;
    this.#next = firstPause;
  }

  /** Waits before the next try. @throws what failed, where there is no sense in one or it has taken too long. */
  async pause(error: unknown, tell: (why: LodgeError) => void): Promise<void> {
    this.#signal?.throwIfAborted();
    if (!mayPass(error)) throw error;
    const why =
      error instanceof LodgeError
        ? error
        : new LodgeError("api.daemon_lost", { address: "its address" }, { cause: error });
    const now = performance.now();
    this.#since ??= now;
    if (now - this.#since > this.#limit) throw why;
    tell(why);
    await sleep(this.#next, this.#signal);
    this.#next = Math.min(longestPause, this.#next * 2);
  }

  async persist<T>(attempt: () => Promise<T>, tell: (why: LodgeError) => void): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        await this.pause(error, tell);
      }
    }
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** How much the latest piece counts in what is said of the speed. */
const weight = 0.25;

class Teller {
  readonly #size: number;
  readonly #tell: ((progress: UploadProgress) => void) | undefined;
  #offset = 0;
  #speed: number | undefined;

  constructor(size: number, tell: ((progress: UploadProgress) => void) | undefined) {
    this.#size = size;
    this.#tell = tell;
  }

  at(offset: number): void {
    this.#offset = offset;
    this.#say(undefined);
  }

  sent(offset: number, bytes: number, milliseconds: number): void {
    const now = bytes / Math.max(0.001, milliseconds / 1000);
    this.#speed = this.#speed === undefined ? now : this.#speed * (1 - weight) + now * weight;
    this.at(offset);
  }

  waiting(why: LodgeError): void {
    this.#say(why);
  }

  #say(waiting: LodgeError | undefined): void {
    const [offset, size] = [this.#offset, this.#size];
    this.#tell?.({ offset, size, speed: waiting ? undefined : this.#speed, waiting });
  }
}
