/**
 * Who is a member, and who answers, from memory: asked at each connection between hosts. It follows the store, so that
 * a host which is removed is none from the moment on that this one hears of it; while the store cannot be reached, what was
 * heard last holds.
 */
import { EventEmitter } from "node:events";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { take, type Followed } from "#durable/store/follow";
import { keepUp } from "#durable/store/keep-up";
import type { Store } from "#durable/store/store";
import { beatPrefix, byAge, memberPrefix, type Beat, type MemberRecord } from "./record.ts";

export interface MembersParts {
  /** The whole store: these keys are nobody's own. */
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

export class Members {
  readonly #parts: MembersParts;
  readonly #members = new Map<string, MemberRecord>();
  readonly #beats = new Map<string, Beat>();
  /** When it was heard of those who do not answer that they do not. */
  readonly #away = new Map<string, number>();
  readonly #changes = new EventEmitter();
  readonly #closed = new AbortController();

  constructor(parts: MembersParts) {
    this.#parts = parts;
    this.#changes.setMaxListeners(0);
  }

  /** Resolves once it knows all that there are. */
  async open(): Promise<void> {
    await Promise.all([
      this.#follow(memberPrefix, this.#members as Map<string, unknown>),
      this.#follow(beatPrefix, this.#beats as Map<string, unknown>),
    ]);
  }

  close(): void {
    this.#closed.abort();
  }

  get(id: string): MemberRecord | undefined {
    return this.#members.get(id);
  }

  /** By id or name. */
  find(ref: string): MemberRecord | undefined {
    return this.#members.get(ref) ?? this.all().find(({ name }) => name === ref);
  }

  /** By the moment at which they joined. */
  all(): MemberRecord[] {
    return [...this.#members.values()].toSorted(byAge);
  }

  /** What its daemon said last; undefined: it does not answer. */
  beat(id: string): Beat | undefined {
    return this.#beats.get(id);
  }

  /** Since when it does not answer, in milliseconds since the epoch; undefined: it does, or was never heard. */
  awaySince(id: string): number | undefined {
    return this.#away.get(id);
  }

  /** Calls back when a member or a beat came, changed or went; ends with the signal, or when it is closed. */
  onChange(listener: () => void, signal: AbortSignal = this.#closed.signal): void {
    this.#changes.on("change", listener);
    signal.addEventListener("abort", () => this.#changes.off("change", listener), { once: true });
  }

  #noteAway(heard: ReadonlySet<string>): void {
    for (const id of heard) if (!this.#beats.has(id)) this.#away.set(id, this.#parts.clock.now());
    for (const id of this.#away.keys())
      if (this.#beats.has(id) || !this.#members.has(id)) this.#away.delete(id);
  }

  #follow(prefix: string, known: Map<string, unknown>): Promise<void> {
    const hear = (told: Followed) => {
      const heard = new Set(this.#beats.keys());
      take(told, prefix, known);
      this.#noteAway(heard);
      this.#changes.emit("change");
    };
    return keepUp(this.#parts, { prefix, hear, missed: "members are read again" }, this.#closed.signal);
  }
}
