/**
 * Reads a byte stream that comes in pieces of any size. A protocol is written as a generator that yields how
 * many bytes it needs next and is given exactly those, so that it is pure and knows nothing of sockets.
 */
import { LodgeError } from "#contract/errors";

/** Yields how many bytes it needs, receives them, returns what they mean. */
export type Reading<T> = Generator<number, T, Buffer>;

/** Pieces shorter than this are put together: a message that comes byte by byte would take as many buffers, and ever longer. */
const small = 1024;
const gathered = 16_384;

interface Wanted {
  readonly reading: Reading<unknown>;
  readonly limit: number;
  need: number;
  taken: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class ByteReader {
  readonly #who: string;
  #chunks: Buffer[] = [];
  #length = 0;
  /** What small pieces are put together in; `filled` is the last of the chunks, while it is none that was cut off. */
  #gathering: { readonly room: Buffer; readonly filled: Buffer } | undefined;
  #wanted: Wanted | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** `who` is at the other end, for errors. */
  constructor(who: string) {
    this.#who = who;
  }

  /** Bytes that came while nobody reads. */
  get unread(): number {
    return this.#wanted ? 0 : this.#length;
  }

  /**
   * Reads one thing of at most `limit` bytes. One read at a time.
   * @throws LodgeError console.protocol where it is longer, and what `fail` was given.
   */
  read<T>(reading: Reading<T>, limit: number): Promise<T> {
    if (this.#wanted) throw new TypeError("one read at a time");
    return new Promise<T>((resolve, reject) => {
      const wanted = { reading, limit, need: 0, taken: 0, resolve, reject } as Wanted;
      this.#wanted = wanted;
      this.#step(wanted, () => reading.next());
      this.#advance();
      if (this.#wanted === wanted && this.#failure) this.#end(wanted, this.#failure.error);
    });
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (!this.#gather(chunk)) this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#advance();
  }

  /** Puts a small piece behind the small one before it; false where there is none, or no room. */
  #gather(chunk: Buffer): boolean {
    const last = this.#chunks.at(-1);
    if (!last || chunk.length > small) return false;
    let room = this.#gathering?.filled === last ? this.#gathering.room : undefined;
    if (!room) {
      if (last.length > small) return false;
      room = Buffer.allocUnsafe(gathered);
      last.copy(room);
    }
    const length = last.length + chunk.length;
    if (length > room.length) return false;
    chunk.copy(room, last.length);
    const filled = room.subarray(0, length);
    this.#gathering = { room, filled };
    this.#chunks[this.#chunks.length - 1] = filled;
    return true;
  }

  /** No more bytes come: what is being read fails, and every later read once the bytes do not suffice. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    if (this.#wanted) this.#end(this.#wanted, error);
  }

  #advance(): void {
    for (let wanted = this.#wanted; wanted && this.#length >= wanted.need; wanted = this.#wanted) {
      const { reading, need } = wanted;
      const bytes = this.#take(need);
      wanted.taken += need;
      this.#step(wanted, () => reading.next(bytes));
    }
  }

  #step(wanted: Wanted, next: () => IteratorResult<number, unknown>): void {
    try {
      const { done, value } = next();
      if (done === true) {
        this.#wanted = undefined;
        wanted.resolve(value);
        return;
      }
      wanted.need = value as number;
    } catch (error) {
      return this.#end(wanted, error);
    }
    if (wanted.taken + wanted.need <= wanted.limit) return;
    const reason = `a message is longer than ${wanted.limit} bytes`;
    this.#end(wanted, new LodgeError("console.protocol", { who: this.#who, reason }));
  }

  #end(wanted: Wanted, error: unknown): void {
    this.#wanted = undefined;
    wanted.reject(error);
  }

  /** The next bytes as one piece; copied only where they came in several. */
  #take(count: number): Buffer {
    this.#length -= count;
    const first = this.#chunks[0];
    if (!first || count === 0) return Buffer.alloc(0);
    if (first.length > count) {
      this.#chunks[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    const pieces: Buffer[] = [];
    for (let missing = count; missing > 0;) {
      const chunk = this.#chunks.shift()!;
      pieces.push(chunk.subarray(0, missing));
      if (chunk.length > missing) this.#chunks.unshift(chunk.subarray(missing));
      missing -= Math.min(missing, chunk.length);
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, count);
  }
}
