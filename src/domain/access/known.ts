/**
 * Who showed which secret lately. While a cluster's state answers nobody, nobody can change what somebody may either: what was known
 * last holds, so that whoever is signed in sees what is wrong.
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
  /** When the store said so. */
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

  /** @param ask reads it from the store; @throws LodgeError store.unavailable of somebody who is not known */
  async identify(secret: string, ask: () => Promise<Actor | undefined>): Promise<Actor | undefined> {
    const key = digestOf(secret);
    const actors = this.#actors;
    const asked = ask().then((actor) => {
      actors.delete(key);
      if (actor) actors.set(key, { actor, at: this.#clock.now() });
      if (actors.size > most) actors.delete(actors.keys().next().value!);
      return actor;
    });
    const known = actors.get(key);
    if (!known || this.#isOver(known)) return asked;
    const answered = new AbortController();
    try {
      const late = this.#clock.sleep(patience, answered.signal).then(() => known.actor);
      late.catch(() => undefined);
      return await Promise.race([asked, late]);
    } catch (error) {
      if (!hasCode(error, "store.unavailable")) throw error;
      return known.actor;
    } finally {
      asked.catch(() => undefined);
      answered.abort();
    }
  }

  #isOver({ actor, at }: Found): boolean {
    const until = actor.kind === "host" ? Infinity : (actor.expiresAt ?? Infinity);
    return Math.min(until, at + longest) <= this.#clock.now();
  }
}
