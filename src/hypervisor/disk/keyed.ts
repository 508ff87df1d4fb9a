/** Encrypted files as qemu-img is told of them: a whole chain, each file with its key, which no header names. */
import { resolve } from "node:path";

/** A passphrase, and what it is called among those of one command. */
export interface Key {
  readonly id: string;
  readonly data: string;
}

export interface KeyedFile {
  readonly path: string;
  readonly format: "qcow2" | "raw";
  readonly device?: boolean;
  /** What it is encrypted with, where it is. */
  readonly key?: Key;
}

/**
 * A chain's name, the topmost file first; what the last stands on is in its header. `alone`: without what is below.
 */
export const keyedName = (
  files: readonly KeyedFile[],
  { alone = false }: { readonly alone?: boolean } = {},
): string => `json:${JSON.stringify({ ...described(files), ...(alone ? { backing: null } : {}) })}`;

const described = ([top, ...below]: readonly KeyedFile[]): object => ({
  driver: top!.format,
  ...(top!.key === undefined ? {} : { encrypt: { format: "luks", "key-secret": top!.key.id } }),
  file: { driver: top!.device ? "host_device" : "file", filename: resolve(top!.path) },
  ...(below.length === 0 ? {} : { backing: described(below) }),
});

export const keysOf = (files: readonly KeyedFile[]): Key[] => files.flatMap(({ key }) => key ?? []);

/**
 * How a new qcow2 file is encrypted. The key is random and as long as the cipher's: to make guessing slow, as for a
 * password, would only make opening slow.
 */
export const encryptedWith = (key: string): string =>
  `encrypt.format=luks,encrypt.key-secret=${key},encrypt.iter-time=10`;
