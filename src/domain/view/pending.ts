/**
 * What one reader has not taken yet. Changes of one object become one; so what waits for a slow reader is
 * at most the number of objects, and a limit. Beyond that all is let go of: the reader starts over.
 */
import type { ObjectKind } from "#contract/schema/feed";
import type { Schemas } from "#contract/schemas";
import { formatPlace, type Place } from "./place.ts";

/** What waits, without what it says: that is read when it is taken, so that it is the newest. */
export type News =
  | {
      readonly type: "change";
      readonly kind: ObjectKind;
      readonly id: string;
      readonly op: Schemas["Change"]["op"];
    }
  | { readonly type: "event"; readonly json: string }
  | { readonly type: "usage"; readonly part: number; readonly json: string };

/** What is taken, with where the reader has got to once it has it. */
export interface Taken {
  readonly news: News | { readonly type: "reset" };
  readonly at: string;
}

interface Waiting {
  readonly news: News;
  readonly place: Place;
}

export class Pending {
  readonly #most: number;
  #waiting = new Map<string, Waiting>();
  #events = 0;
  #reset = false;
  #last: Place;
  #wake: (() => void) | undefined;

  /** `from`: where the reader is; `most`: objects and events that may wait. */
  constructor(from: Place, most = 10_000) {
    this.#last = from;
    this.#most = most;
  }

  get size(): number {
    return this.#waiting.size;
  }

  push(news: News, place: Place): void {
    if (this.#reset) return;
    const key = this.#keyOf(news);
    const before = this.#waiting.get(key)?.news;
    this.#waiting.delete(key);
    this.#waiting.set(key, { news: merged(before, news), place });
    if (this.#waiting.size > this.#most) this.reset();
    this.#wake?.();
  }

  /** Lets go of all that waits: the reader is told to start over. */
  reset(): void {
    this.#waiting.clear();
    this.#reset = true;
    this.#wake?.();
  }

  #keyOf(news: News): string {
    switch (news.type) {
      case "change":
        return `${news.kind}/${news.id}`;
      case "event":
        return `event/${++this.#events}`;
      case "usage":
        return `usage/${news.part}`;
    }
  }

  /** Resolves to everything that waits, as soon as something does; to nothing once the signal has aborted. */
  async take(now: () => Place, signal: AbortSignal): Promise<readonly Taken[]> {
    while (this.#waiting.size === 0 && !this.#reset && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal.removeEventListener("abort", wake);
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener("abort", wake);
      });
    }
    if (signal.aborted) return [];
    if (this.#reset) {
      this.#reset = false;
      this.#last = now();
      return [{ news: { type: "reset" }, at: formatPlace(this.#last) }];
    }
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    // What came of one transaction lies at one place: a reader is there once it has all of it.
    return waiting.map(({ news, place }, i) => {
      const next = waiting[i + 1]?.place;
      if (!next || formatPlace(next) !== formatPlace(place)) this.#last = place;
      return { news, at: formatPlace(this.#last) };
    });
  }
}

/** What two changes of one object are together. */
function merged(before: News | undefined, after: News): News {
  if (before?.type !== "change" || after.type !== "change") return after;
  if (before.op === "created" && after.op === "changed") return before;
  return before.op === "removed" && after.op === "created" ? { ...after, op: "changed" } : after;
}
