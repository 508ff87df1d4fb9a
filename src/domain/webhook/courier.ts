/**
 * Brings one webhook what it is to be told, one message after the other.
 *
 *                  taken: the cursor moves on
 *                 ┌───────────────┐
 *                 ▼               │
 *   waiting ──► sending ──────────┤
 *     ▲           ▲               │ not taken
 *     │           └── a pause ◄───┤
 *     │                           │ 410, or for about a day
 *     └── let go on ── paused ◄───┘
 *
 * Nothing is queued: what is to be sent is what the log of events has after the cursor. So a receiver that is away
 * for days takes neither memory nor disk; what the log has dropped by then is told as one message, "webhook.lost".
 * The cursor is written once a second at most: what was sent since is sent again after a crash, under the same ids.
 */
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Log } from "#base/log";
import type { AddressFilter } from "#base/outbound";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { put } from "#durable/store/update";
import type { SealKey } from "#durable/store/seal";
import type { Store } from "#durable/store/store";
import type { EventLog } from "../host/events.ts";
import type { Deliveries } from "./deliveries.ts";
import { wants } from "./filter.ts";
import { ofEvent, ofLost, type Message } from "./message.ts";
import { progressKey, secretsOf, urlOf, type ProgressRecord, type WebhookRecord } from "./record.ts";
import { longestAsked, pauseAfter } from "./schedule.ts";
import { sendOnce, type Outcome } from "./send.ts";
import { headersOf } from "./signature.ts";

export interface CourierParts {
  readonly store: Store;
  readonly key: SealKey;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Pick<EventLog, "since" | "lastId" | "isOwn">;
  /** Where addresses may lead, as things are now. */
  readonly may: () => Promise<AddressFilter>;
  readonly deliveries: Deliveries;
  /** Writes down that nothing is sent any more; it then changes the courier's record, too. */
  readonly pause: (id: string, because: "gone" | "failed") => Promise<void>;
  /** From 0 to 1. */
  readonly random?: () => number;
}

type Why = Schemas["Delivery"]["why"];

/** A message, and where the cursor is once it was taken. */
interface Next {
  readonly message: Message;
  readonly cursor: string;
  readonly lost?: number;
}

const writeEvery = 1_000;
/** Events that are not for it, after which its cursor is written all the same. */
const skipsEvery = 1_000;

export class Courier {
  readonly #parts: CourierParts;
  readonly #stop = new AbortController();
  #record: WebhookRecord;
  #progress: ProgressRecord;
  /** What the log had after the cursor, as far as it was not looked at. */
  #ahead: { readonly events: readonly Schemas["Event"][]; at: number } | undefined;
  #written: { readonly cursor: string; readonly at: number };
  #unwritten = false;
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: CourierParts, record: WebhookRecord, progress: ProgressRecord) {
    this.#parts = parts;
    this.#record = record;
    // A log that was lost begins anew: what it counts from then on is new.
    const cursor = progress.cursor > parts.events.lastId ? parts.events.lastId : progress.cursor;
    this.#progress = { ...progress, cursor };
    this.#written = { cursor, at: 0 };
  }

  get record(): WebhookRecord {
    return this.#record;
  }

  get progress(): ProgressRecord {
    return this.#progress;
  }

  /** Events that are still to be sent. */
  get waiting(): number {
    const { events } = this.#parts.events.since(this.#progress.cursor);
    return events.reduce((count, event) => count + Number(this.#wants(event)), 0);
  }

  /** Each host of a cluster tells of what happened on it. */
  #wants(event: Schemas["Event"]): boolean {
    return this.#parts.events.isOwn(event) && wants(this.#record, event);
  }

  start(): void {
    this.#running ??= this.#run().catch((error: unknown) => {
      if (!this.#stop.signal.aborted)
        this.#parts.log.error({ err: error, webhook: this.#record.name }, "a webhook is told no more");
    });
  }

  /** What is under way is broken off, and sent again by the next courier. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#running;
    await this.#write();
  }

  /** Something has happened. Who waits for a pause's end waits on. */
  happened(): void {
    if (!this.#progress.failure && this.#record.paused === undefined) this.#wake?.();
  }

  /** It is another from the next message on. What failed elsewhere, or before it was paused, counts no more. */
  change(record: WebhookRecord): void {
    const goesOn = this.#record.paused !== undefined && record.paused === undefined;
    const elsewhere = this.#record.url !== record.url;
    this.#record = record;
    if (this.#progress.failure && (goesOn || elsewhere)) this.#change({ failure: undefined });
    this.#wake?.();
  }

  /** What has not been sent yet never is. */
  skip(): void {
    this.#ahead = undefined;
    this.#change({ cursor: this.#parts.events.lastId, failure: undefined });
    this.#wake?.();
  }

  /** Sends a message once, now, whatever else is under way. */
  async sendNow(message: Message, why: "test" | "again", signal: AbortSignal): Promise<Schemas["Delivery"]> {
    const both = AbortSignal.any([signal, this.#stop.signal]);
    const { delivery } = await this.#send(message, why, 1, both);
    const { failure } = this.#progress;
    // It is back: nobody needs to wait for the pause's end.
    if (delivery.delivered && failure && this.#record.paused === undefined) {
      this.#change({ failure: { ...failure, next: this.#parts.clock.now() } });
      this.#wake?.();
    }
    return delivery;
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts;
    while (!this.#stop.signal.aborted) {
      const next = this.#record.paused === undefined ? this.#next() : undefined;
      if (!next) {
        await this.#write();
        // It may have come while that was written.
        if (this.#record.paused !== undefined || !this.#hasNews()) await this.#woken();
        continue;
      }
      const left = (this.#progress.failure?.next ?? 0) - clock.now();
      // Further away than any pause is long: the clock was ahead when it was written down.
      if (left > 0 && left <= longestAsked) await this.#woken(left);
      else await this.#bring(next);
    }
  }

  #hasNews(): boolean {
    return this.#parts.events.lastId > this.#progress.cursor;
  }

  /** Resolves when somebody calls, or after the time. */
  async #woken(milliseconds?: number): Promise<void> {
    if (this.#stop.signal.aborted) return;
    // What waits holds no events: the log may drop them meanwhile.
    this.#ahead = undefined;
    const done = new AbortController();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (milliseconds !== undefined)
        this.#parts.clock.sleep(milliseconds, done.signal).then(resolve, () => undefined);
    });
    this.#wake = undefined;
    done.abort();
  }

  /** Passes over what is not for it. */
  #next(): Next | undefined {
    const { events, clock } = this.#parts;
    if (!this.#ahead || this.#ahead.at >= this.#ahead.events.length) {
      const { cursor } = this.#progress;
      const since = events.since(cursor);
      this.#ahead = { events: since.events, at: 0 };
      if (since.lost > 0) {
        const before = String(Number(since.events[0]?.id) - 1).padStart(12, "0");
        const message = ofLost(this.#record, cursor, since.lost, clock.now());
        return { message, cursor: before, lost: since.lost };
      }
    }
    const ahead = this.#ahead;
    for (; ahead.at < ahead.events.length; ahead.at++) {
      const event = ahead.events[ahead.at] as Schemas["Event"];
      if (this.#wants(event)) return { message: ofEvent(this.#record.id, event), cursor: event.id };
      this.#progress = { ...this.#progress, cursor: event.id };
      this.#unwritten ||= Number(event.id) - Number(this.#written.cursor) >= skipsEvery;
    }
    return undefined;
  }

  async #bring({ message, cursor, lost }: Next): Promise<void> {
    const { clock } = this.#parts;
    const failed = this.#progress.failure;
    const tries = (failed?.tries ?? 0) + 1;
    const { outcome, outdated } = await this.#send(message, "event", tries, this.#stop.signal);
    const now = clock.now();
    if (outcome.delivered) {
      if (this.#ahead && lost === undefined) this.#ahead.at++;
      this.#change({
        // Meanwhile all that waited may have been passed over.
        cursor: cursor > this.#progress.cursor ? cursor : this.#progress.cursor,
        failure: undefined,
        deliveredAt: now,
        ...(lost === undefined
          ? {}
          : { lost: { events: (this.#progress.lost?.events ?? 0) + lost, at: now } }),
      });
      if (failed || now - this.#written.at >= writeEvery) await this.#write();
      return;
    }
    if (outdated) return;
    const pause = pauseAfter(tries, (this.#parts.random ?? Math.random)(), outcome.retryAfter);
    const ends = outcome.status === 410 ? "gone" : pause === undefined ? "failed" : undefined;
    const reason = outcome.error ?? `it answered with ${outcome.status}`;
    const next = ends === undefined ? { next: now + (pause ?? 0) } : {};
    this.#change({ failure: { since: failed?.since ?? now, tries, reason, ...next } });
    await this.#write();
    if (ends !== undefined) await this.#parts.pause(this.#record.id, ends);
  }

  async #send(
    message: Message,
    why: Why,
    attempt: number,
    signal: AbortSignal,
  ): Promise<{ outcome: Outcome; delivery: Schemas["Delivery"]; outdated: boolean }> {
    const { clock, deliveries } = this.#parts;
    const record = this.#record;
    const at = clock.now();
    const outcome = await this.#try(record, message, at, signal);
    const { status, milliseconds, answer, error, delivered } = outcome;
    const delivery: Schemas["Delivery"] = {
      id: newId("d"),
      message: message.id,
      type: message.type,
      at: new Date(at).toISOString(),
      why,
      attempt,
      delivered,
      ...(status === undefined ? {} : { status }),
      milliseconds,
      ...(answer === undefined ? {} : { answer }),
      ...(error === undefined ? {} : { error }),
      body: message.body,
    };
    await deliveries.append(delivery);
    // Somebody paused it meanwhile, or changed where it leads: how it went with the old one counts no more.
    return { outcome, delivery, outdated: this.#record !== record };
  }

  /** What hinders us counts as a failure like any other: it is tried again. */
  async #try(record: WebhookRecord, message: Message, at: number, signal: AbortSignal): Promise<Outcome> {
    const { key, clock } = this.#parts;
    try {
      const may = await this.#parts.may();
      const headers = headersOf(message, secretsOf(key, record, at), at);
      return await sendOnce({ url: urlOf(key, record), headers, body: message.body, may, clock, signal });
    } catch (error) {
      if (!(error instanceof LodgeError)) throw error;
      return { delivered: false, milliseconds: 0, error: error.message };
    }
  }

  #change(change: { readonly [K in keyof ProgressRecord]?: ProgressRecord[K] | undefined }): void {
    const next = { ...this.#progress, ...change };
    if (next.failure === undefined) delete next.failure;
    this.#progress = next as ProgressRecord;
    this.#unwritten = true;
  }

  async #write(): Promise<void> {
    const { store, clock, log } = this.#parts;
    if (!this.#unwritten) return;
    this.#unwritten = false;
    this.#written = { cursor: this.#progress.cursor, at: clock.now() };
    try {
      await put(store, progressKey(this.#record.id), this.#progress);
    } catch (error) {
      this.#unwritten = true;
      log.warn({ err: error, webhook: this.#record.name }, "how far a webhook has got was not written");
    }
  }
}
