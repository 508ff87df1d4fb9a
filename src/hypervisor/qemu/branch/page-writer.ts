/** Writes a machine's pages into its RAM file: neighbours together, zeros only where something was. */
import { writeSync } from "node:fs";
import { pageSize } from "./stream-splitter.ts";

/** As much as is written at once; larger ones are not faster. */
const runLimit = 2 ** 18;
const zeros = new Uint8Array(pageSize);

/** Writes all of it; write(2) may do with less. */
export function writeWhole(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  }
}

/** For a file of `size` bytes that is empty at first. flush() after the last page. */
export class PageWriter {
  readonly #descriptor: number;
  /** Which pages are in the file, a bit each. */
  readonly #present: Uint8Array;
  readonly #run = new Uint8Array(runLimit);
  #runStart = 0;
  #runLength = 0;
  #pages = 0;

  constructor(descriptor: number, size: number) {
    this.#descriptor = descriptor;
    this.#present = new Uint8Array(Math.ceil(size / pageSize / 8));
  }

  /** How many pages of the file hold something. */
  get pages(): number {
    return this.#pages;
  }

  page(offset: number, bytes: Uint8Array): void {
    const index = offset / pageSize;
    const bit = 1 << (index & 7);
    const byte = index >>> 3;
    if (!(this.#present[byte]! & bit)) {
      this.#present[byte]! |= bit;
      this.#pages++;
    }
    this.#append(offset, bytes);
  }

  zeroPage(offset: number): void {
    const index = offset / pageSize;
    if (this.#present[index >>> 3]! & (1 << (index & 7))) this.#append(offset, zeros);
  }

  flush(): void {
    writeWhole(this.#descriptor, this.#run.subarray(0, this.#runLength), this.#runStart);
    this.#runLength = 0;
  }

  #append(offset: number, bytes: Uint8Array): void {
    if (offset !== this.#runStart + this.#runLength || this.#runLength === runLimit) {
      this.flush();
      this.#runStart = offset;
    }
    this.#run.set(bytes, this.#runLength);
    this.#runLength += bytes.length;
  }
}
