/** The last so many points of what one guest takes, in little memory. */
import type { Schemas } from "#contract/schemas";

export const fields = ["cpu", "memory", "diskRead", "diskWritten", "netReceived", "netSent"] as const;
export type Values = Readonly<Record<(typeof fields)[number], number>>;

export const named = (value: (field: keyof Values, place: number) => number): Values =>
  Object.fromEntries(fields.map((field, place) => [field, value(field, place)])) as unknown as Values;

/** A time takes eight bytes, each figure four. */
const bytesPerPoint = 8 + 4 * fields.length;

/** Room is taken only for the points that there are. */
export class Ring {
  readonly #kept: number;
  #at: number[] = [];
  #values: Float32Array = new Float32Array(8 * fields.length);

  constructor(kept: number) {
    this.#kept = kept;
  }

  get length(): number {
    return this.#at.length;
  }

  add(at: number, values: Values): void {
    if (this.#at.length === this.#kept) {
      this.#at.shift();
      this.#values.copyWithin(0, fields.length);
    }
    const begin = this.#at.length * fields.length;
    if (begin === this.#values.length) {
      const larger = new Float32Array(Math.min(2 * begin, this.#kept * fields.length));
      larger.set(this.#values);
      this.#values = larger;
    }
    for (const [place, field] of fields.entries()) this.#values[begin + place] = values[field];
    this.#at.push(at);
  }

  /** From a moment on. */
  points(since: number): Schemas["UsagePoint"][] {
    return this.#at.flatMap((at, index) =>
      at < since ? [] : [{ at: new Date(at).toISOString(), ...this.#valuesAt(index) }],
    );
  }

  /** The mean of the points since a moment. */
  mean(since: number): Values {
    const first = this.#at.findIndex((at) => at > since);
    const some = first < 0 ? [] : this.#at.slice(first).map((_, index) => this.#valuesAt(first + index));
    return named((field) => some.reduce((sum, values) => sum + values[field], 0) / Math.max(1, some.length));
  }

  toBytes(): Buffer {
    const bytes = Buffer.alloc(this.#at.length * bytesPerPoint);
    for (const [index, at] of this.#at.entries()) {
      const begin = bytes.writeDoubleLE(at, index * bytesPerPoint);
      for (const place of fields.keys())
        bytes.writeFloatLE(this.#values[index * fields.length + place] ?? 0, begin + 4 * place);
    }
    return bytes;
  }

  /** Takes over what toBytes() gave, but for what is from before a moment. */
  take(bytes: Buffer, since: number): void {
    for (let begin = 0; begin + bytesPerPoint <= bytes.length; begin += bytesPerPoint) {
      const at = bytes.readDoubleLE(begin);
      if (at >= since)
        this.add(
          at,
          named((_, place) => bytes.readFloatLE(begin + 8 + 4 * place)),
        );
    }
  }

  #valuesAt(index: number): Values {
    return named((_, place) => this.#values[index * fields.length + place] ?? 0);
  }
}
