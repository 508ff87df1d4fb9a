/**
 * What a daemon and its fence say to each other, over a unix socket of the daemon's run folder: one JSON a line.
 *
 *   daemon                                             fence
 *     │ ◄─ {"fence":{"pid","startTime"}} ───────────────  │   who it is, to whoever connects
 *     │ ── {"n":7,"until":T,"guests":[…]} ─────────────►  │   everything, each time anew: a line lost is mended by the next
 *     │ ◄─ {"n":7,"ended":["g1"]} ──────────────────────  │   heard, and whom it has ended since the line before
 *
 * A socket, and not a file that it would look at: the daemon learns from the answer that the fence lives, which it has
 * to know before it starts a guest; a full disk stops nothing; and what a stopped daemon has sent already says nothing wrong
 * when it is read late, since a deadline is a moment and not a span of time. Whoever connects last is the daemon: a new one
 * takes the place of one that was killed, whose connection may not have ended yet.
 */
import type { ProcessRef } from "#base/process";
import type { Held, Told } from "./watch.ts";

export interface Greeting {
  readonly fence: ProcessRef;
}

export interface Order extends Told {
  readonly n: number;
}

export interface Heard {
  readonly n: number;
  /** Ids of the guests that were ended since the answer before. */
  readonly ended: readonly string[];
}

export const fenceSocket = "fence.sock";

/** Splits what comes into whole lines, and gives each as what it says. @throws SyntaxError of JSON.parse */
export class Lines {
  #rest = "";

  *take(chunk: string): Generator<unknown> {
    const parts = (this.#rest + chunk).split("\n");
    this.#rest = parts.pop()!;
    for (const part of parts) yield JSON.parse(part) as unknown;
  }
}

export const line = (message: Greeting | Order | Heard): string => `${JSON.stringify(message)}\n`;

/** @throws TypeError where it is no order: then nothing it says is to be believed. */
export function asOrder(said: unknown): Order {
  const { n, until, guests } = said as Partial<Order>;
  if (!Number.isFinite(n) || !Number.isFinite(until) || !Array.isArray(guests) || !guests.every(isHeld))
    throw new TypeError("this is no order for a fence");
  return { n: n!, until: until!, guests };
}

function isHeld(guest: Partial<Held>): guest is Held {
  // An empty mark would be in every argument of every process.
  return typeof guest.id === "string" && typeof guest.mark === "string" && guest.mark.length > 1;
}
