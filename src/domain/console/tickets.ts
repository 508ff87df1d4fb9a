/**
 * Tickets: a browser's WebSocket cannot show a token, so it shows one of these in its address. Whoever is signed in asks
 * for it; it opens one guest's display or serial console once, within half a minute.
 *
 * They are kept in memory, as digests: a daemon that starts anew knows none, and then another is asked for.
 */
import { createHash, randomBytes } from "node:crypto";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";

/** What a ticket allows. */
export interface Grant {
  /** The guest's id. */
  readonly guest: string;
  /** Who asked for it. */
  readonly holder: string;
  readonly viewOnly: boolean;
  /** Why whoever asked for it may not have it any more; undefined where he may. */
  readonly obstacle: () => Promise<LodgeError | undefined>;
}

export interface IssuedTicket {
  readonly ticket: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** Milliseconds. */
export const ticketLife = 30_000;
/** Tickets that one holder can have at a time; a further one voids the oldest. */
const mostOfOne = 64;

interface Kept extends Grant {
  readonly expires: number;
}

const digest = (ticket: string): string => createHash("sha256").update(ticket).digest("base64url");

export class Tickets {
  readonly #clock: Clock;
  /** In the order in which they were given out, and so in that in which they expire. */
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(grant: Grant): IssuedTicket {
    const now = this.#clock.monotonic();
    for (const [key, { expires }] of this.#kept) {
      if (expires > now) break;
      this.#kept.delete(key);
    }
    const own = [...this.#kept].filter(([, { holder }]) => holder === grant.holder);
    for (const [key] of own.slice(0, Math.max(0, own.length - mostOfOne + 1))) this.#kept.delete(key);
    const ticket = randomBytes(32).toString("base64url");
    this.#kept.set(digest(ticket), { ...grant, expires: now + ticketLife });
    return { ticket, expiresAt: this.#clock.now() + ticketLife };
  }

  /**
   * Uses a ticket up, whatever comes of it. `holder` is who shows it, where that is known by something else as well.
   *
   * @throws LodgeError console.ticket_refused: it was used, is too old, or is for another guest or somebody else.
   */
  redeem(ticket: string, { guest, holder }: { guest: string; holder: string | undefined }): Grant {
    const key = digest(ticket);
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    const fits = kept && kept.guest === guest && (holder === undefined || kept.holder === holder);
    if (!fits || kept.expires <= this.#clock.monotonic()) throw new LodgeError("console.ticket_refused");
    const { expires: _expires, ...granted } = kept;
    return granted;
  }
}
