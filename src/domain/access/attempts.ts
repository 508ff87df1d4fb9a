/**
 * Failed attempts to sign in, counted by account and by address. After a few of them each further one has to
 * wait, longer and longer; an attempt that comes too early is refused without a look at the password, so that
 * guessing gets nowhere and costs the host nothing. It forgets by itself, and with the daemon's restart.
 *
 * The host's owner is never shut out by this: links made there are not counted by account.
 */
import type { Clock } from "#base/clock";
import { LodgeError } from "#contract/errors";

interface Count {
  failures: number;
  /** The clock's monotonic milliseconds. */
  nextAt: number;
  forgetAt: number;
}

export interface Limit {
  /** So many failures are followed by the first wait. */
  readonly free: number;
  /** Milliseconds to wait after the first one more; twice as long with each. */
  readonly first: number;
  readonly longest: number;
  /** Milliseconds after which they are forgotten. */
  readonly forget: number;
}

/** An account: a person mistypes a few times. */
export const accountLimit: Limit = { free: 5, first: 1000, longest: 60_000, forget: 900_000 };
/** An address: several people may share it. */
export const addressLimit: Limit = { free: 20, first: 1000, longest: 300_000, forget: 900_000 };

/** Names and addresses at once; with more, those that are forgotten soonest go. */
const most = 10_000;

export class Attempts {
  readonly #clock: Clock;
  readonly #limit: Limit;
  readonly #counts = new Map<string, Count>();

  constructor(clock: Clock, limit: Limit) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** @throws LodgeError access.too_many_attempts */
  require(who: string): void {
    const now = this.#clock.monotonic();
    const count = this.#counts.get(who);
    if (count && count.forgetAt > now && count.nextAt > now)
      throw new LodgeError("access.too_many_attempts", { seconds: Math.ceil((count.nextAt - now) / 1000) });
  }

  /** Counted when an attempt begins, so that many at once are many. */
  begin(who: string): void {
    const now = this.#clock.monotonic();
    const old = this.#counts.get(who);
    const failures = (old && old.forgetAt > now ? old.failures : 0) + 1;
    const over = failures - this.#limit.free;
    const wait = over < 0 ? 0 : Math.min(this.#limit.first * 2 ** Math.min(over, 30), this.#limit.longest);
    // Set anew, so that the map's order is that of being forgotten.
    this.#counts.delete(who);
    this.#counts.set(who, { failures, nextAt: now + wait, forgetAt: now + this.#limit.forget });
    if (this.#counts.size <= most) return;
    const [oldest] = this.#counts.keys();
    if (oldest !== undefined) this.#counts.delete(oldest);
  }

  succeed(who: string): void {
    this.#counts.delete(who);
  }
}

/** Whoever has an IPv6 address has all 2^64 of its network (RFC 6177). */
export function addressGroup(address: string | undefined): string {
  if (address === undefined) return "";
  if (address.startsWith("::ffff:") && address.includes(".")) return address.slice(7);
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const gap = address.includes("::") ? Array<string>(8 - left.length - right.length).fill("0") : [];
  return [...left, ...gap, ...right].slice(0, 4).join(":");
}
