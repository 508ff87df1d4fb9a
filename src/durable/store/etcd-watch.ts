/**
 * One watch: a stream of one member's, and when that breaks another one's, from the last revision that was handed out.
 *
 *   pinned ──► streaming ──breaks──► streaming elsewhere ──► … ──► ended (signal, close) or failed (compacted)
 *
 * Nothing is lost or told twice, because each stream begins AT the last revision known (its events are passed over) and
 * etcd refuses a beginning that lies before what it compacted. To begin one later would not do: of a history compacted exactly
 * up to that revision, etcd would begin without the deletions in it.
 *
 * A transaction's events come in one message, in order. A previous value that ought to be there and is not was compacted
 * between the event and its being told.
 */
import { setTimeout as delay } from "node:timers/promises";
import { EtcdRefusal, EtcdSilence } from "#base/etcd-connection";
import type { EtcdHeader } from "#base/etcd-endpoints";
import { hasCode, LodgeError } from "#contract/errors";
import type { EtcdClient } from "./etcd-client.ts";
import { type EtcdLayout, fromBase64, type KeyValue, type RangeAnswer, revisionOf } from "./etcd-layout.ts";
import type { Revision, StoreEvent, WatchBatch } from "./store.ts";

interface WatchMessage {
  readonly header: EtcdHeader;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compact_revision?: string;
  readonly events?: readonly EtcdEvent[];
}

interface EtcdEvent {
  readonly type?: "DELETE";
  readonly kv: KeyValue;
  readonly prev_kv?: KeyValue;
}

const compacted = (revision: number) => new LodgeError("store.compacted", { revision });

const valueOf = (kv: KeyValue | undefined): unknown =>
  kv === undefined ? undefined : (JSON.parse(fromBase64(kv.value ?? "")) as unknown);

export class EtcdWatch {
  readonly #client: EtcdClient;
  readonly #layout: EtcdLayout;
  readonly #prefix: string;
  readonly #signal: AbortSignal;

  constructor(client: EtcdClient, layout: EtcdLayout, prefix: string, signal: AbortSignal) {
    this.#client = client;
    this.#layout = layout;
    this.#prefix = prefix;
    this.#signal = signal;
  }

  /** @param from waited for at first; what came after it is told */
  async *batches(from: Promise<Revision>): AsyncGenerator<WatchBatch, void, void> {
    const ending = new AbortController();
    const signal = AbortSignal.any([this.#signal, ending.signal]);
    try {
      let last = await from;
      for (let failures = 0; !signal.aborted; failures++) {
        try {
          for await (const message of this.#open(last, signal)) {
            failures = 0;
            for (const batch of this.#read(message, last)) {
              last = batch.revision;
              yield batch;
            }
          }
        } catch (error) {
          const broken = error instanceof EtcdSilence || error instanceof EtcdRefusal;
          if (!broken && !hasCode(error, "store.unavailable")) throw error;
        }
        // A cluster without a quorum may stay so for hours: the watch waits for it.
        if (!signal.aborted && failures > 0)
          await delay(Math.min(50 * 2 ** failures, 1000), undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      ending.abort();
    }
  }

  #open(last: Revision, signal: AbortSignal): AsyncGenerator<WatchMessage, void, void> {
    const create_request = {
      ...this.#layout.range(this.#prefix),
      start_revision: String(last.number),
      prev_kv: true,
    };
    const stream = this.#client.endpoints.stream("/v3/watch", { create_request }, signal);
    return this.#checked(stream as AsyncGenerator<WatchMessage, void, void>, last);
  }

  /** The stream's messages with events, once its beginning was found to be good. */
  async *#checked(stream: AsyncGenerator<WatchMessage, void, void>, last: Revision) {
    for await (const message of stream) {
      if (message.compact_revision !== undefined) throw compacted(last.number);
      if (message.canceled === true) return;
      if (message.created === true && revisionOf(message.header) < last.number)
        await this.#checkReached(last);
      yield message;
    }
  }

  /** The member has not got so far yet, or there is no such revision: its quorum knows. */
  async #checkReached(last: Revision): Promise<void> {
    const answer = await this.#client.ask<RangeAnswer>("/v3/kv/range", { key: this.#layout.epoch });
    if (revisionOf(answer.header) < last.number) throw compacted(last.number);
  }

  *#read(message: WatchMessage, last: Revision): Generator<WatchBatch, void, void> {
    let number = 0;
    let events: StoreEvent[] = [];
    for (const event of message.events ?? []) {
      const revision = Number(event.kv.mod_revision);
      if (revision <= last.number) continue;
      if (revision !== number && events.length > 0) {
        yield { revision: { epoch: last.epoch, number }, events };
        events = [];
      }
      number = revision;
      events.push(this.#eventOf(event));
    }
    if (events.length > 0) yield { revision: { epoch: last.epoch, number }, events };
  }

  #eventOf({ type, kv, prev_kv: before }: EtcdEvent): StoreEvent {
    const isDelete = type === "DELETE";
    if (before === undefined && (isDelete || kv.create_revision !== kv.mod_revision))
      throw compacted(Number(kv.mod_revision));
    return {
      type: isDelete ? "delete" : "put",
      key: this.#layout.keyOf(kv),
      value: isDelete ? undefined : valueOf(kv),
      previous: valueOf(before),
    };
  }
}
