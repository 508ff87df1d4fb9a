/**
 * Keeps this host's beat: a key on a lease, which is asked to go on several times while it lasts.
 *
 *   grant ──► put beats/HOST ──► keep ──► keep ──► …        each that was answered: onKept(when it was sent, how long it lasts)
 *     ▲                           └── lost ──► grant again
 *     └── rest(): a longer lease, for a daemon that ends in order and whose guests go on
 *
 * The beat is never taken away before its lease is over while guests hang on it: whoever sees no beat takes them over.
 */
import { hasCode } from "#contract/errors";
import type { Clock } from "#base/clock";
import { withTimeout } from "#base/deadline";
import { bootTime } from "#base/libc";
import type { Log } from "#base/log";
import type { Store } from "#durable/store/store";
import { beatKey, memberKey, takeOverKey, type Beat } from "./record.ts";

/** Seconds that a lease lasts, and one of a daemon that is replaced by another. */
export const leaseSeconds = 6;
const restSeconds = 60;
/** Milliseconds: between two times that it is kept, after one that failed, and for an answer. */
const period = 1500;
const soon = 200;
const patience = 1000;

export interface KeepBeatParts {
  /** The whole store: the key is nobody's own. */
  readonly store: Pick<Store, "get" | "transact" | "grantLease" | "keepAlive" | "revokeLease">;
  readonly host: string;
  readonly startedAt: number;
  readonly clock: Clock;
  readonly log: Log;
  /** The lease was asked for at `sentAt` (bootTime()), and lasts for so many milliseconds from then on at least. */
  readonly onKept: (sentAt: number, lasts: number) => Promise<void>;
  readonly time?: () => number;
}

export class BeatKeeper {
  readonly #parts: KeepBeatParts;
  readonly #closed = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #lease: string | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: KeepBeatParts) {
    this.#parts = parts;
  }

  /** Resolves once the beat is there for the first time. */
  async open(): Promise<void> {
    this.#running = this.#run();
    await this.#first.promise;
  }

  /** Ends with a beat that stays for a minute, where guests go on meanwhile; without one otherwise. */
  async close({ guestsGoOn }: { readonly guestsGoOn: boolean }): Promise<void> {
    this.#closed.abort();
    await this.#running;
    try {
      if (guestsGoOn) await this.#grant(restSeconds);
      else if (this.#lease !== undefined) await this.#ask(this.#parts.store.revokeLease(this.#lease));
    } catch (error) {
      this.#parts.log.warn({ err: error }, "the cluster was not told that this daemon ends");
    }
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#parts;
    const { signal } = this.#closed;
    let told = false;
    while (!signal.aborted) {
      let pause = period;
      try {
        if (this.#lease === undefined) await this.#grant(leaseSeconds);
        else await this.#keep(this.#lease);
        if (told) log.info("this host has its place in the cluster again");
        told = false;
        this.#first.resolve();
      } catch (error) {
        if (hasCode(error, "store.lease_lost")) this.#lease = undefined;
        if (!told)
          log.warn({ err: error }, "this host's place in the cluster was not kept; it is tried again");
        told = true;
        pause = soon;
      }
      await clock.sleep(pause, signal).catch(() => undefined);
    }
  }

  async #keep(lease: string): Promise<void> {
    const sentAt = this.#now();
    await this.#ask(this.#parts.store.keepAlive(lease));
    await this.#parts.onKept(sentAt, leaseSeconds * 1000);
  }

  /** @throws LodgeError store.conflict: this host is no member any more */
  async #grant(seconds: number): Promise<void> {
    const { store, host, startedAt, clock, onKept } = this.#parts;
    const sentAt = this.#now();
    const lease = await this.#ask(store.grantLease(seconds));
    const value: Beat = { at: clock.now(), startedAt };
    const member = await this.#ask(store.get(memberKey(host)));
    await this.#ask(
      store.transact({
        compare: [{ key: memberKey(host), revision: member?.revision ?? -1 }],
        put: [{ key: beatKey(host), value, lease }],
        delete: [takeOverKey(host)],
      }),
    );
    this.#lease = lease;
    await onKept(sentAt, seconds * 1000);
  }

  #ask<T>(answer: Promise<T>): Promise<T> {
    return withTimeout(answer, patience, "the cluster's store");
  }

  #now(): number {
    return (this.#parts.time ?? bootTime)();
  }
}
