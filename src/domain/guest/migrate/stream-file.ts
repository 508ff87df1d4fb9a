/**
 * A file on its way between hosts, over one connection; what is zero in it is not sent, and is a hole where it arrives.
 *
 *   sender                                  receiver
 *     │ u64 offset, u32 length, bytes   ──►  │   again and again, in order
 *     │ u64 size, u32 0                 ──►  │   the end
 *     │ ◄── one byte                         │   all of it is on the disk
 */
import { open, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import { once } from "node:events";
import { LodgeError } from "#contract/errors";
import { partialPath } from "../../volume/stored.ts";
import { ByteReader } from "./byte-reader.ts";

/** Bytes that are read at once, and looked through for zeros. */
const piece = 256 * 1024;
const headSize = 12;

function head(offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(headSize);
  bytes.writeBigUInt64BE(BigInt(offset));
  bytes.writeUInt32BE(length, 8);
  return bytes;
}

const zeros = Buffer.alloc(piece);

async function write(to: Duplex, bytes: Buffer, signal: AbortSignal): Promise<void> {
  if (!to.write(bytes)) await once(to, "drain", { signal });
}

/**
 * Resolves when the other end has it on its disk.
 * @param onSent called with the bytes of the file that are through
 * @throws LodgeError move.cut; the signal's reason
 */
export async function sendFile(
  path: string,
  to: Duplex,
  { signal, onSent }: { readonly signal: AbortSignal; readonly onSent?: (bytes: number) => void },
): Promise<void> {
  const cut = new AbortController();
  const end = AbortSignal.any([signal, cut.signal]);
  to.once("close", () => cut.abort(new LodgeError("move.cut")));
  const done = ByteReader.over(to).take(1);
  done.catch(() => undefined);
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    for (let at = 0; at < size;) {
      const bytes = Buffer.allocUnsafe(Math.min(piece, size - at));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
      // It became shorter: nobody writes to what is sent, but a log is cut.
      if (bytesRead === 0) break;
      const part = bytes.subarray(0, bytesRead);
      if (!part.equals(zeros.subarray(0, bytesRead))) {
        await write(to, head(at, bytesRead), end);
        await write(to, part, end);
      }
      at += bytesRead;
      onSent?.(bytesRead);
    }
    await write(to, head(size, 0), end);
    await Promise.race([done, aborted(end)]);
  } catch (error) {
    signal.throwIfAborted();
    if (cut.signal.aborted) throw cut.signal.reason;
    throw error;
  } finally {
    to.destroy();
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/**
 * Writes what comes to a file of its own, and says so when it is on the disk. It takes the place of what is there only then: whoever finds it
 * finds it whole.
 *
 * @throws LodgeError move.cut, host.no_space
 */
export async function receiveFile(from: Duplex, path: string): Promise<void> {
  const reader = ByteReader.over(from);
  const partial = partialPath(path);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rm(partial, { force: true });
    await receiveInto(reader, partial);
    // What may be left of an earlier stay here can be a link to where another host has the file by now: the link's place is taken.
    await rename(partial, path);
    from.end(Buffer.from([1]));
  } catch (error) {
    from.destroy();
    await rm(partial, { force: true });
    if (["ENOSPC", "EDQUOT"].includes(String((error as NodeJS.ErrnoException).code)))
      throw new LodgeError("host.no_space", { path }, { cause: error });
    throw error;
  }
}

async function receiveInto(reader: ByteReader, path: string): Promise<void> {
  await using file = await open(path, "wx", 0o600);
  for (;;) {
    const bytes = await reader.take(headSize);
    const offset = Number(bytes.readBigUInt64BE());
    const length = bytes.readUInt32BE(8);
    if (length > piece) throw new LodgeError("move.cut");
    if (length === 0) {
      await file.truncate(offset);
      break;
    }
    await file.write(await reader.take(length), 0, length, offset);
  }
  await file.datasync();
}
