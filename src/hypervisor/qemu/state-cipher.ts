/**
 * Saved machines whose file is encrypted: AES-256 in counter mode from 0 on, with a key that no other file has. It hides
 * what was in memory from whoever gets hold of the file; whether it was changed, it does not tell.
 *
 *   file ──► decrypted ──► one end of a pair of sockets ══ the other end, which QEMU inherits
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { createReadStream } from "node:fs";
import { Socket } from "node:net";
import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LodgeError } from "#contract/errors";
import { socketPair } from "#base/libc";

const cipher = "aes-256-ctr";
const start = Buffer.alloc(16);

export const encrypting = (key: Uint8Array): Transform => createCipheriv(cipher, key, start);

/**
 * Begins to decrypt a saved machine.
 * @returns the end for QEMU, which the caller closes once that has inherited it.
 * @throws LodgeError host.permission
 */
export function decryptedState(file: string, key: Uint8Array): number {
  const pair = socketPair();
  if (!pair) throw new LodgeError("host.permission", { what: "hand memory over (socketpair)" });
  const [own, other] = pair;
  const reading = createReadStream(file, { highWaterMark: 1 << 20 });
  // Where it breaks, QEMU says what it did not get.
  pipeline(reading, createDecipheriv(cipher, key, start), new Socket({ fd: own, readable: false })).catch(
    () => undefined,
  );
  return other;
}
