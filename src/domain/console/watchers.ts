/**
 * Who watches guests' displays: what a help desk sees of it, and what ends it. In memory alone: whoever watches has his connection
 * here, and comes anew after the daemon does.
 */
import type { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Grant } from "./tickets.ts";

/** Milliseconds over which frames are counted, and for which a page's own word counts. */
const span = 2_000;
const wordCounts = 30_000;

/** What is measured of a connection. */
export interface Measured {
  /** Milliseconds. */
  readonly roundTrip: number;
  readonly framesPerSecond: number;
}

/** As others see him. Times are milliseconds since the Unix epoch. */
export interface Watching extends Partial<Measured> {
  readonly id: string;
  /** His name. */
  readonly user: string;
  /** The desktop that he was let in to. */
  readonly desktop?: string;
  /** He looks on at somebody else's desktop. */
  readonly shadow: boolean;
  /** His keys and pointer count. */
  readonly control: boolean;
  readonly address?: string;
  readonly since: number;
  /** His last key or button. */
  readonly lastInput?: number;
}

export type WatcherTerms = Pick<Grant, "holder" | "user" | "address" | "viewOnly" | "desktop">;

/** One viewer of one guest. */
export class Watcher {
  readonly id = newId("w");
  readonly terms: WatcherTerms;
  readonly #since: number;
  readonly #clock: Clock;
  readonly #end: (reason: LodgeError) => void;
  #lastInput: number | undefined;
  #roundTrip: number | undefined;
  #drawn = 0;
  #from: number;
  #rate: number | undefined;
  #told: (Measured & { readonly at: number }) | undefined;

  constructor(terms: WatcherTerms, clock: Clock, end: (reason: LodgeError) => void) {
    this.terms = terms;
    this.#clock = clock;
    this.#end = end;
    this.#since = clock.now();
    this.#from = clock.monotonic();
  }

  /** He looks on at somebody else's desktop. */
  get shadow(): boolean {
    return this.terms.desktop?.shadow ?? false;
  }

  get seen(): Watching {
    const { user, address, desktop, viewOnly } = this.terms;
    return {
      id: this.id,
      user,
      ...(desktop ? { desktop: desktop.id } : {}),
      shadow: this.shadow,
      control: !viewOnly,
      ...(address === undefined ? {} : { address }),
      since: this.#since,
      ...(this.#lastInput === undefined ? {} : { lastInput: this.#lastInput }),
      ...this.#measured,
    };
  }

  /** What is known of his connection: as his page says it or, where it says nothing, as it is seen from here. */
  get #measured(): Partial<Measured> {
    const now = this.#clock.monotonic();
    if (this.#told && now - this.#told.at < wordCounts) {
      const { roundTrip, framesPerSecond } = this.#told;
      return { roundTrip, framesPerSecond };
    }
    const idle = now - this.#from > 2 * span;
    const framesPerSecond = idle ? 0 : this.#rate;
    return {
      ...(this.#roundTrip === undefined ? {} : { roundTrip: this.#roundTrip }),
      ...(framesPerSecond === undefined ? {} : { framesPerSecond }),
    };
  }

  /** He pressed a key or a button. Asking for frames is nothing that he does. */
  acted(): void {
    this.#lastInput = this.#clock.now();
  }

  /** He has drawn a frame. `roundTrip`: milliseconds, Infinity where none is known. */
  drew(roundTrip: number): void {
    const now = this.#clock.monotonic();
    if (Number.isFinite(roundTrip)) this.#roundTrip = Math.round(roundTrip * 10) / 10;
    this.#drawn++;
    const took = now - this.#from;
    if (took < span) return;
    this.#rate = Math.round((this.#drawn / took) * 10_000) / 10;
    this.#drawn = 0;
    this.#from = now;
  }

  tell(measured: Measured): void {
    this.#told = { ...measured, at: this.#clock.monotonic() };
  }

  end(reason: LodgeError): void {
    this.#end(reason);
  }
}

/** Told when somebody came to a guest or went. */
export type WatchersListener = (guest: string, who: Watching, came: boolean) => void;

export class Watchers {
  readonly #of = new Map<string, Set<Watcher>>();
  readonly #listeners = new Set<WatchersListener>();

  /** Those of a guest, in the order in which they came. */
  of(guest: string): Watching[] {
    return [...(this.#of.get(guest) ?? [])].map(({ seen }) => seen);
  }

  /** Of a guest's user, as long as he watches. */
  lastInput(guest: string): number | undefined {
    const times = this.of(guest).flatMap(({ shadow, lastInput }) => (shadow ? [] : (lastInput ?? [])));
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /** Returns how to stop listening. */
  onChange(listener: WatchersListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Disconnects those that `which` is true of; each is told why by the reason with which his socket is closed. */
  end(guest: string, which: (who: Watching) => boolean, reason: LodgeError): void {
    for (const watcher of this.#of.get(guest) ?? []) if (which(watcher.seen)) watcher.end(reason);
  }

  /** What somebody's page measured, where it is clear which of a guest's viewers that is. */
  tell(guest: string, holder: string, measured: Measured): void {
    const own = [...(this.#of.get(guest) ?? [])].filter(({ terms }) => terms.holder === holder);
    if (own.length === 1) own[0]!.tell(measured);
  }

  /** Somebody says that he is still there: as if he had pressed a key. */
  present(guest: string, holder: string): void {
    for (const watcher of this.#of.get(guest) ?? [])
      if (watcher.terms.holder === holder && !watcher.shadow) watcher.acted();
  }

  /** Returns how he goes. */
  add(guest: string, watcher: Watcher): () => void {
    const known = this.#of.get(guest) ?? new Set();
    this.#of.set(guest, known.add(watcher));
    this.#changed(guest, watcher, true);
    return () => {
      known.delete(watcher);
      if (known.size === 0) this.#of.delete(guest);
      this.#changed(guest, watcher, false);
    };
  }

  #changed(guest: string, { seen }: Watcher, came: boolean): void {
    for (const listener of this.#listeners) listener(guest, seen, came);
  }
}
