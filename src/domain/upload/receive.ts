/**
 * Takes in a piece of a file: from a connection to the end of a file, a block at a time. The connection is read
 * no faster than the disk writes. What has arrived stays, whatever then goes wrong, since the sender goes on from
 * there; but for a piece with a checksum, of which all is kept or nothing.
 */
import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import { LodgeError } from "#contract/errors";
import { noSpace } from "./room.ts";

/** Written at once, and left out as a hole where it is nothing but zeros. */
export const blockSize = 256 * 1024;
/** Bytes between looks at how much room is left. */
const lookEvery = 16 * 1024 * 1024;

export interface Piece {
  readonly content: Readable;
  /** Where it begins, as its sender believes. */
  readonly offset: number;
  readonly checksum?: { readonly algorithm: "sha1" | "sha256"; readonly digest: Buffer };
}

export interface Receiving {
  readonly upload: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Bytes that uploads may still take of the disk. */
  room(): Promise<number>;
  /** Aborted when nothing more is to be taken in. */
  readonly signal: AbortSignal;
}

const zeros = Buffer.alloc(blockSize);

/**
 * Appends `piece` to `file`, and resolves to the file's size once all of it is on the disk.
 *
 * @throws LodgeError upload.offset, upload.too_much, upload.no_space, upload.checksum; what the content fails with.
 */
export async function receive(file: FileHandle, piece: Piece, to: Receiving): Promise<number> {
  const { size: begin } = await file.stat();
  if (piece.offset !== begin)
    throw new LodgeError("upload.offset", { upload: to.upload, offset: begin, given: piece.offset });
  const writer = new Writer(file, begin, to);
  const { algorithm = undefined, digest } = piece.checksum ?? {};
  const hash = algorithm && createHash(algorithm);
  try {
    for await (const chunk of chunksOf(piece.content, to.signal)) {
      hash?.update(chunk);
      await writer.write(chunk);
    }
    if (hash && digest && !hash.digest().equals(digest))
      throw new LodgeError("upload.checksum", { upload: to.upload });
    await writer.end();
  } catch (error) {
    if (hash) await file.truncate(begin);
    else await writer.end().catch(() => undefined);
    throw error;
  }
  await file.datasync();
  return writer.at;
}

/**
 * What comes, until the signal. The rest of what is refused runs dry behind the answer: a connection that is cut
 * with bytes unread would take the answer with it.
 *
 * @throws LodgeError api.client_gone; the signal's reason.
 */
async function* chunksOf(content: Readable, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  signal.throwIfAborted();
  const chunks = content.iterator({ destroyOnReturn: false });
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  const end = () => ended.reject(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  try {
    for (;;) {
      const coming = chunks.next().catch((cause: unknown) => {
        throw new LodgeError("api.client_gone", {}, { cause });
      });
      coming.catch(() => undefined);
      const next = await Promise.race([coming, ended.promise]);
      if (next.done) return;
      yield next.value as Buffer;
    }
  } finally {
    signal.removeEventListener("abort", end);
    const over = chunks.return?.(undefined);
    void over?.then(
      () => content.resume(),
      () => undefined,
    );
  }
}

class Writer {
  readonly #file: FileHandle;
  readonly #to: Receiving;
  #block: Buffer | undefined;
  #filled = 0;
  /** Where in the file the block begins. */
  #begin: number;
  #lookAt: number;

  constructor(file: FileHandle, begin: number, to: Receiving) {
    this.#file = file;
    this.#to = to;
    this.#begin = begin;
    this.#lookAt = begin;
  }

  get at(): number {
    return this.#begin + this.#filled;
  }

  async write(chunk: Buffer): Promise<void> {
    const { upload, size } = this.#to;
    if (this.at + chunk.length > size) throw new LodgeError("upload.too_much", { upload, size });
    this.#block ??= Buffer.allocUnsafe(blockSize);
    for (let taken = 0; taken < chunk.length;) {
      // Blocks end where those of the file system do, so that a hole is one.
      const most = blockSize - (this.#begin % blockSize);
      const some = chunk.copy(this.#block, this.#filled, taken, taken + most - this.#filled);
      taken += some;
      this.#filled += some;
      if (this.#filled === most) await this.#flush();
    }
  }

  /** Writes what is left. The file is then as large as what has arrived, also where that ends with a hole. */
  async end(): Promise<void> {
    await this.#flush();
    if ((await this.#file.stat()).size < this.#begin) await this.#file.truncate(this.#begin);
  }

  async #flush(): Promise<void> {
    if (!this.#block || this.#filled === 0) return;
    const block = this.#block.subarray(0, this.#filled);
    await this.#look();
    const hole = block.length === blockSize && block.equals(zeros);
    if (!hole) await this.#put(block);
    this.#begin += block.length;
    this.#filled = 0;
  }

  async #put(block: Buffer): Promise<void> {
    try {
      for (let done = 0; done < block.length;) {
        const { bytesWritten } = await this.#file.write(block, done, block.length - done, this.#begin + done);
        done += bytesWritten;
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOSPC" && code !== "EDQUOT") throw error;
      this.#filled = 0;
      throw noSpace(this.#to.size, this.#to.size - this.#begin, 0);
    }
  }

  async #look(): Promise<void> {
    if (this.#begin < this.#lookAt) return;
    const { size } = this.#to;
    const room = await this.#to.room();
    const left = size - this.#begin;
    if (room < Math.min(left, lookEvery)) {
      this.#filled = 0;
      throw noSpace(size, left, Math.max(0, room));
    }
    this.#lookAt = this.#begin + lookEvery;
  }
}
