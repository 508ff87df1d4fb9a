/** Takes so many bytes of a stream at a time, in order. */
import type { Readable } from "node:stream";
import { LodgeError } from "#contract/errors";

export class ByteReader {
  readonly #stream: Readable;
  #parts: Buffer[] = [];
  #length = 0;
  #wanted: { bytes: number; resolve: (bytes: Buffer) => void; reject: (error: unknown) => void } | undefined;
  #over = false;

  private constructor(stream: Readable) {
    this.#stream = stream;
    stream.on("data", (bytes: Buffer) => this.#add(bytes));
    for (const end of ["end", "error", "close"]) stream.on(end, () => this.#end());
  }

  static over(stream: Readable): ByteReader {
    return new ByteReader(stream);
  }

  /** @throws LodgeError move.cut where the stream ends before */
  take(bytes: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#wanted = { bytes, resolve, reject };
      this.#give();
    });
  }

  #add(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    this.#give();
    // What nobody asks for yet is left where it is.
    if (!this.#wanted && this.#length > 0) this.#stream.pause();
  }

  #give(): void {
    const wanted = this.#wanted;
    if (!wanted) return;
    if (this.#length >= wanted.bytes) {
      this.#wanted = undefined;
      const all = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
      const rest = all.subarray(wanted.bytes);
      this.#parts = rest.length > 0 ? [rest] : [];
      this.#length = rest.length;
      return wanted.resolve(all.subarray(0, wanted.bytes));
    }
    if (this.#over) {
      this.#wanted = undefined;
      return wanted.reject(new LodgeError("move.cut"));
    }
    this.#stream.resume();
  }

  #end(): void {
    this.#over = true;
    this.#give();
  }
}
