/**
 * Tells the others what this host offers: offers/HOST, written when it is another one.
 *
 * What changes by what somebody does is told a moment later, several changes at once; memory and space, which change by
 * themselves, are looked at every few seconds.
 */
import { hasCode } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { Store } from "#durable/store/store";
import { put } from "#durable/store/update";
import { offerKey } from "./boards.ts";
import { coarse, isSame, type OwnOffer } from "./own-offer.ts";

export interface PublishParts {
  readonly store: Store;
  readonly offer: () => Promise<OwnOffer>;
  /** Calls back when something changed of which the offer is made. */
  readonly onChange: (listener: () => void) => () => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds. */
const pause = 300;
const lookEvery = 5_000;

/** Until aborted. Resolves once the first is written, or could not be. */
export async function publishOffer(parts: PublishParts, signal: AbortSignal): Promise<void> {
  const { store, clock, log } = parts;
  let last: OwnOffer | undefined;
  const tell = async () => {
    try {
      const offer = coarse(await parts.offer());
      if (isSame(last, offer)) return;
      await put(store, offerKey(offer.host), offer);
      last = offer;
    } catch (error) {
      // Guests run on meanwhile, and what was told before holds.
      if (!hasCode(error, "store.unavailable", "store.unsettled", "store.fenced"))
        log.warn({ err: error }, "what this host offers is not told for now");
    }
  };
  let wake = Promise.withResolvers<void>();
  const end = parts.onChange(() => wake.resolve());
  signal.addEventListener("abort", end, { once: true });
  const follow = async () => {
    while (!signal.aborted) {
      const waited = new AbortController();
      const timer = clock.sleep(lookEvery, AbortSignal.any([signal, waited.signal])).catch(() => undefined);
      await Promise.race([wake.promise, timer]);
      waited.abort();
      await clock.sleep(pause, signal).catch(() => undefined);
      wake = Promise.withResolvers();
      if (signal.aborted) return;
      await tell();
    }
  };
  await tell();
  void follow();
}
