/**
 * Secrets inside records are sealed with AES-256-GCM under a key that lies in a file beside the store, so
 * that a copy of the store alone gives none away.
 *
 *   "sealed:2:" id of the key ":" base64url( nonce (12 bytes) | tag (16 bytes) | ciphertext )
 *   "sealed:1:" the same without the id: what the first version wrote, and this one still opens
 *
 * The `context` (the record's key, say) is authenticated but not stored: a sealed secret that is moved to
 * another record does not open there. Nonces are random: NIST SP 800-38D allows 2^32 secrets to a key.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { link, open, readFile, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { LodgeError } from "#contract/errors";

/** 32 bytes. */
export type SealKey = Uint8Array;

const mark = "sealed:2:";
const form = /^sealed:(?:1|2:(?<id>[0-9a-f]{16})):(?<bytes>[A-Za-z0-9_-]*)$/;
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** Tells keys apart and says nothing of them. */
export const sealKeyId = (key: SealKey): string =>
  createHmac("sha256", key).update("id of a key of Lodge").digest("hex").slice(0, 16);

export const isSealed = (text: string): boolean => form.test(text);

export function sealSecret(key: SealKey, plaintext: string, context = ""): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
  const bytes = Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
  return `${mark}${sealKeyId(key)}:${bytes.toString("base64url")}`;
}

/** @throws LodgeError store.secret_unreadable: another key or context, or it was tampered with. */
export function openSecret(key: SealKey, sealed: string, context = ""): string {
  const parts = form.exec(sealed)?.groups;
  if (!parts) throw unreadable("it is not sealed in a way this Lodge knows");
  const here = sealKeyId(key);
  if (parts["id"] !== undefined && parts["id"] !== here)
    throw unreadable(`it was sealed with the key ${parts["id"]}, and the key here is ${here}`);
  const bytes = Buffer.from(parts["bytes"]!, "base64url");
  const nonce = bytes.subarray(0, nonceBytes);
  const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes);
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
    const plaintext = [decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()];
    return Buffer.concat(plaintext).toString("utf8");
  } catch (error) {
    throw unreadable("it was sealed with another key, or changed", error);
  }
}

const unreadable = (reason: string, cause?: unknown) =>
  new LodgeError("store.secret_unreadable", { reason }, { cause });

/**
 * The key in the file at `path`; where there is none, a new one is written, readable by its owner alone.
 * Of two that create it at once, both get the same.
 *
 * @throws LodgeError store.unavailable: not a key, or others may read it.
 */
export async function loadSealKey(path: string): Promise<SealKey> {
  try {
    return await readSealKey(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  await createSealKey(path);
  return readSealKey(path);
}

async function readSealKey(path: string): Promise<SealKey> {
  const { mode } = await stat(path);
  const key = await readFile(path);
  const refuse = (reason: string) => new LodgeError("store.unavailable", { path, reason });
  if (key.length !== keyBytes) throw refuse(`it is not a key of ${keyBytes} bytes`);
  if ((mode & 0o077) !== 0) throw refuse("others may read it (it must have mode 0600)");
  return key;
}

/** Written whole under another name first: a crash leaves no half a key. */
async function createSealKey(path: string): Promise<void> {
  const partial = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    const file = await open(partial, "wx", 0o600);
    await file.writeFile(randomBytes(keyBytes));
    await file.sync();
    await file.close();
    await link(partial, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    const folder = await open(dirname(path));
    await folder.sync();
    await folder.close();
  } finally {
    await rm(partial, { force: true });
  }
}
