/**
 * Tickets: a browser's WebSocket cannot show a token, so it shows one of these in its address. Whoever is signed in asks
 * for it; it opens one guest's display, serial console or a port of it once, within half a minute. One for a desktop opens each of what
 * it is for once: a page has picture and sound without asking twice.
 *
 * They are kept in memory, as digests: a daemon that starts anew knows none, and then another is asked for.
 */
import { createHash, randomBytes } from "node:crypto";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";

/** What can be opened. */
export type Use = "display" | "sound" | "console" | "drop" | "port";

/** Of a desktop, that is of a guest in whose project its user has no role: what lets him, or who helps him, in. */
export interface DesktopGrant {
  readonly id: string;
  /** Whoever asked for it looks on, and is not its user. */
  readonly shadow: boolean;
  /** He may restart and reset it. */
  readonly power: boolean;
  /** What each ticket opens, once. */
  readonly uses: readonly Use[];
}

/** What a ticket allows. */
export interface Grant {
  /** The guest's id. */
  readonly guest: string;
  /** Who asked for it. */
  readonly holder: string;
  /** What he is called. */
  readonly user: string;
  /** Where he asked from. */
  readonly address?: string;
  readonly viewOnly: boolean;
  /** Undefined: it opens one thing, whichever. */
  readonly desktop?: DesktopGrant;
  /** Ports of the guest, one of which it may open instead; undefined: none. */
  readonly ports?: readonly number[];
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

interface Kept {
  readonly grant: Grant;
  readonly expires: number;
  /** What it still opens; undefined: one thing, whichever. */
  readonly left: Set<Use> | undefined;
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
    const own = [...this.#kept].filter(([, kept]) => kept.grant.holder === grant.holder);
    for (const [key] of own.slice(0, Math.max(0, own.length - mostOfOne + 1))) this.#kept.delete(key);
    const ticket = randomBytes(32).toString("base64url");
    const left = grant.desktop && new Set(grant.desktop.uses);
    this.#kept.set(digest(ticket), { grant, left, expires: now + ticketLife });
    return { ticket, expiresAt: this.#clock.now() + ticketLife };
  }

  /**
   * Uses a ticket up, whatever comes of it. `holder` is who shows it, where that is known by something else as well.
   *
   * @throws LodgeError console.ticket_refused: it was used, is too old, or is for another guest, somebody else or something else.
   */
  redeem(ticket: string, { guest, holder, use }: Redeeming): Grant {
    const key = digest(ticket);
    const kept = this.#kept.get(key);
    const opens =
      kept !== undefined &&
      this.#isFor(kept, guest, holder) &&
      // Whoever may only look puts nothing into it.
      !(use === "drop" && kept.grant.viewOnly) &&
      (kept.left?.delete(use) ?? true);
    if (!opens || !kept.left || kept.left.size === 0) this.#kept.delete(key);
    if (!opens) throw new LodgeError("console.ticket_refused");
    return kept.grant;
  }

  #isFor({ grant, expires }: Kept, guest: string, holder: string | undefined): boolean {
    const own = holder === undefined || grant.holder === holder;
    return own && grant.guest === guest && expires > this.#clock.monotonic();
  }
}

interface Redeeming {
  readonly guest: string;
  readonly holder: string | undefined;
  readonly use: Use;
}
