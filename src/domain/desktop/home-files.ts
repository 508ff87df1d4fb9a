/** What another host needs of this one to get a home that was here: the bytes of its file, and that what is left of it goes. */
import { open, stat } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import type { Store } from "#durable/store/store";
import { collectLayers, layerById } from "../volume/layer.ts";
import { homePiece, type LayerFile } from "./home-bring.ts";

export interface HomeFilesParts {
  readonly store: Store;
  readonly layerRoots: () => Promise<string[]>;
}

const zeros = Buffer.alloc(homePiece);

export class HomeFiles {
  readonly #parts: HomeFilesParts;

  constructor(parts: HomeFilesParts) {
    this.#parts = parts;
  }

  /** @throws LodgeError guest.disk_missing */
  async file(layer: string): Promise<LayerFile> {
    const { path } = await layerById(this.#parts.store, layer);
    const { size } = await stat(path).catch((cause: unknown) => {
      throw new LodgeError("guest.disk_missing", { path, guest: layer }, { cause });
    });
    return { size };
  }

  /** Nothing where all of it is zero. */
  async piece(layer: string, offset: number, length: number): Promise<Uint8Array> {
    const { path } = await layerById(this.#parts.store, layer);
    await using file = await open(path, "r");
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
    const bytes = buffer.subarray(0, bytesRead);
    return bytes.equals(zeros.subarray(0, bytesRead)) ? new Uint8Array() : bytes;
  }

  async tidy(): Promise<void> {
    await collectLayers(this.#parts.store, this.#parts.layerRoots);
  }
}
