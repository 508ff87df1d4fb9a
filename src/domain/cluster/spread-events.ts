/**
 * What happens on one host of a cluster is told on all: each host's log of events has it, under that host's name.
 *
 *   log of h1 ──► happened/h1-ID, on a lease of ten minutes ──► logs of the others
 *
 * Who cannot reach the store meanwhile misses what is older than that; the host on which it happened has it. Nothing
 * waits for it: an event that could not be spread is the host's alone.
 */
import { hasCode } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { Followed } from "#durable/store/follow";
import { keepUp } from "#durable/store/keep-up";
import type { Store } from "#durable/store/store";
import type { Event, EventLog } from "../host/events.ts";

export interface SpreadParts {
  /** All of it: these keys are no host's own. */
  readonly store: Store;
  /** This host's id. */
  readonly host: string;
  readonly events: Pick<EventLog, "listen" | "take" | "isOwn">;
  readonly clock: Clock;
  readonly log: Log;
}

const prefix = "happened/";
/** Seconds for which another host may be out of touch. */
const keptFor = 600;
/** Milliseconds after which events hang on a new lease. */
const leaseEvery = 60_000;
/** Events of a host that cannot reach the store. */
const mostWaiting = 1_000;
/** Milliseconds until a store that failed is tried again. */
const pause = 1_000;

/** Until aborted. */
export function spreadEvents(parts: SpreadParts, signal: AbortSignal): void {
  void tellOthers(parts, signal);
  hearOthers(parts, signal);
}

async function tellOthers(
  { store, host, events, clock, log }: SpreadParts,
  signal: AbortSignal,
): Promise<void> {
  const waiting: Event[] = [];
  let wake = Promise.withResolvers<void>();
  const end = events.listen((event) => {
    if (!events.isOwn(event)) return;
    waiting.push(event);
    if (waiting.length > mostWaiting) waiting.shift();
    wake.resolve();
  });
  signal.addEventListener("abort", () => wake.resolve(), { once: true });
  let lease = { id: "", until: 0 };
  while (!signal.aborted) {
    const [event] = waiting;
    if (!event) {
      await wake.promise;
      wake = Promise.withResolvers();
      continue;
    }
    try {
      if (lease.until < clock.now())
        lease = { id: await store.grantLease(keptFor), until: clock.now() + leaseEvery };
      await store.transact({ put: [{ key: `${prefix}${host}-${event.id}`, value: event, lease: lease.id }] });
      if (waiting[0] === event) waiting.shift();
    } catch (error) {
      if (hasCode(error, "store.lease_lost")) lease = { id: "", until: 0 };
      else log.debug({ err: error }, "an event could not be told to the other hosts yet");
      await clock.sleep(pause, signal).catch(() => undefined);
    }
  }
  end();
}

function hearOthers({ store, host, events, clock, log }: SpreadParts, signal: AbortSignal): void {
  const others = (key: string) => !key.startsWith(`${prefix}${host}-`);
  const hear = (told: Followed) => {
    const found: readonly { readonly key: string; readonly value: unknown }[] =
      told.type === "all" ? told.items : told.events;
    for (const { key, value } of found)
      if (value !== undefined && others(key)) events.take(key.slice(prefix.length), value as Event);
  };
  const missed = "what happens on other hosts is not heard at the moment";
  void keepUp({ store, clock, log }, { prefix, hear, missed }, signal);
}
