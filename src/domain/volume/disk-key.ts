/**
 * Keys of encrypted disks (LUKS in qcow2), and of memory that guests with such disks have in files. One is 32 random bytes as base64, which is what QEMU is given as passphrase;
 * the layer's record has it sealed for that layer, so it lies beside neither the image nor the store's own key.
 * It is told to qemu-img in a file without a name and to QEMU by QMP: never as an argument.
 */
import { randomBytes } from "node:crypto";
import { newId } from "#base/ids";
import { openSecret, sealSecret, type SealKey } from "#durable/store/seal";
import { layerKey, type Layer } from "./layer.ts";

/** What a file with memory is encrypted with, sealed for this id: one file may have several records. */
export interface MemoryKey {
  readonly id: string;
  readonly sealed: string;
}

export const memoryContext = (id: string): string => `memory/${id}`;

export class DiskKeys {
  readonly #key: SealKey;

  constructor(key: SealKey) {
    this.#key = key;
  }

  /** A new one, sealed for a layer. */
  make(layer: string): string {
    return sealSecret(this.#key, randomBytes(32).toString("base64"), layerKey(layer));
  }

  /** The same one, sealed for another layer, which is a copy of this. */
  again(layer: Layer, copy: string): string {
    return sealSecret(this.#key, this.open(layer)!, layerKey(copy));
  }

  /** A new one for a file with memory. */
  makeForMemory(): MemoryKey {
    const id = newId("m");
    return { id, sealed: sealSecret(this.#key, randomBytes(32).toString("base64"), memoryContext(id)) };
  }

  /** @throws LodgeError store.secret_unreadable */
  openForMemory({ id, sealed }: MemoryKey): Uint8Array {
    return Buffer.from(openSecret(this.#key, sealed, memoryContext(id)), "base64");
  }

  /** Undefined where it is not encrypted. @throws LodgeError store.secret_unreadable */
  open({ id, secret }: Pick<Layer, "id" | "secret">): string | undefined {
    return secret === undefined ? undefined : openSecret(this.#key, secret, layerKey(id));
  }
}
