/**
 * Who showed which secret lately. While a cluster's state does not answer this host, whoever is signed in shall see what is wrong: for that, what
 * was known last holds for a while. It is not the truth: where a majority goes on elsewhere, he may have been shut out there. So nobody is
 * let in by it to anything that outlasts it, and not for a moment longer than until this host hears that somebody was.
 */
import { hasCode } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Actor } from "./actor.ts";
import { digestOf } from "./secret.ts";

/** Milliseconds for which the store is waited for where it is known who asks. */
const patience = 1_000;
const most = 1_000;
/** Milliseconds: a host that is cut off does not hear whom the others have shut out meanwhile. */
const longest = 3_600_000;

interface Found {
  readonly actor: Actor;
  /** When the store said so, by a clock that nobody sets. */
  readonly at: number;
}

export class Known {
  readonly #clock: Clock;
  /** By the secret's digest, the latest last. */
  #actors = new Map<string, Found>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Somebody may have lost what he could do: all are asked for again. */
  forget(): void {
    this.#actors = new Map();
  }

  /**
   * @param ask reads it from the store
   * @param remembers is it enough that he was known lately, where the store says nothing?
   * @throws LodgeError store.unavailable of somebody who is not known
   */
  async identify(
    secret: string,
    ask: () => Promise<Actor | undefined>,
    remembers: boolean,
  ): Promise<Actor | undefined> {
    const key = digestOf(secret);
    const actors = this.#actors;
    const asked = ask().then((actor) => {
      actors.delete(key);
      if (actor) actors.set(key, { actor, at: this.#clock.monotonic() });
      if (actors.size > most) actors.delete(actors.keys().next().value!);
      return actor;
    });
    if (!remembers || !this.#remembered(key)) return asked;
    const answered = new AbortController();
    try {
      const late = this.#clock.sleep(patience, answered.signal).then(() => this.#remembered(key) ?? asked);
      late.catch(() => undefined);
      return await Promise.race([asked, late]);
    } catch (error) {
      const known = this.#remembered(key);
      if (!known || !hasCode(error, "store.unavailable")) throw error;
      return known;
    } finally {
      asked.catch(() => undefined);
      answered.abort();
    }
  }

  /** Looked up when it is needed: it may have been forgotten while the store was waited for. */
  #remembered(key: string): Actor | undefined {
    const found = this.#actors.get(key);
    if (!found || found.at + longest <= this.#clock.monotonic()) return undefined;
    const until = found.actor.kind === "host" ? Infinity : (found.actor.expiresAt ?? Infinity);
    return until <= this.#clock.now() ? undefined : found.actor;
  }
}
