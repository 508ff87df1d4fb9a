/** Webhooks as the API offers them: each is a record, and a courier that brings it what it is to be told. */
import { isDeepStrictEqual } from "node:util";
import { mkdir } from "node:fs/promises";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Log } from "#base/log";
import { requireOpen, type AddressFilter } from "#base/outbound";
import { SerialQueue } from "#base/queue";
import { defaultProject } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { SealKey } from "#durable/store/seal";
import type { ReadStore, Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import type { Actor } from "../access/actor.ts";
import { findGuest } from "../guest/record.ts";
import type { EventLog } from "../host/events.ts";
import { findProject } from "../project/record.ts";
import { Courier } from "./courier.ts";
import { Deliveries, keptDeliveries } from "./deliveries.ts";
import { ofTest } from "./message.ts";
import {
  progressKey,
  readProgress,
  requireHttps,
  sealSigning,
  sealUrl,
  urlOf,
  webhookKey,
  webhookPrefix,
  type ProgressRecord,
  type WebhookRecord,
} from "./record.ts";
import { shownWebhook } from "./show.ts";
import { newSigningSecret } from "./signature.ts";

export interface WebhookParts {
  readonly store: Store;
  /** Of all hosts: a webhook may be about a guest of any. Default: `store`. */
  readonly whole?: ReadStore;
  readonly key: SealKey;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventLog;
  /** Where addresses that users give may lead, as things are now. */
  readonly may: () => Promise<AddressFilter>;
  /** Where deliveries are noted. */
  readonly folder: string;
  readonly random?: () => number;
}

/** Each sends one message at a time, so this is also how many connections there are at most. */
const most = 50;
const day = 86_400;

interface Kept {
  readonly courier: Courier;
  readonly deliveries: Deliveries;
}

const mayBe: Readonly<Record<"gone" | "failed", string>> = {
  gone: "its receiver answered that it wants no more (410 Gone)",
  failed: "its receiver has taken nothing for about a day",
};

export class Webhooks {
  readonly #parts: WebhookParts;
  readonly #kept = new Map<string, Kept>();
  /** What changes records, one after the other. */
  readonly #queue = new SerialQueue();
  #end: (() => void) | undefined;

  constructor(parts: WebhookParts) {
    this.#parts = parts;
  }

  async open(): Promise<void> {
    const { store, events } = this.#parts;
    for (const { value } of (await store.list(webhookPrefix)).items) {
      const record = value as WebhookRecord;
      this.#keep(record, (await readProgress(store, record.id)) ?? { cursor: events.lastId });
    }
    this.#end = events.listen(() => {
      for (const { courier } of this.#kept.values()) courier.happened();
    });
  }

  /** Takes over what another host of the cluster has made of the records. */
  async changedElsewhere(): Promise<void> {
    const { store, events, folder } = this.#parts;
    const gone = await this.#queue.run(async () => {
      const records = (await store.list(webhookPrefix)).items.map(({ value }) => value as WebhookRecord);
      for (const record of records) {
        const { courier } = this.#kept.get(record.id) ?? {};
        if (courier && !isDeepStrictEqual(courier.record, record)) courier.change(record);
        if (courier) continue;
        await mkdir(folder, { recursive: true, mode: 0o700 });
        this.#keep(record, (await readProgress(store, record.id)) ?? { cursor: events.lastId });
      }
      return [...this.#kept.keys()].filter((id) => !records.some((record) => record.id === id));
    });
    for (const id of gone) {
      const kept = this.#kept.get(id);
      this.#kept.delete(id);
      await kept?.courier.stop();
      await store.transact({ delete: [progressKey(id)] });
      await kept?.deliveries.remove();
    }
  }

  async close(): Promise<void> {
    this.#end?.();
    await Promise.all([...this.#kept.values()].map(({ courier }) => courier.stop()));
  }

  #keep(record: WebhookRecord, progress: ProgressRecord): Courier {
    const { folder, log } = this.#parts;
    const deliveries = new Deliveries(folder, record.id, log);
    const pause = (id: string, because: "gone" | "failed") => this.#pause(id, because);
    const courier = new Courier({ ...this.#parts, deliveries, pause }, record, progress);
    this.#kept.set(record.id, { courier, deliveries });
    courier.start();
    return courier;
  }

  /** By name or id. @throws LodgeError webhook.not_found */
  #find(ref: string): Kept {
    const found =
      this.#kept.get(ref) ?? [...this.#kept.values()].find(({ courier }) => courier.record.name === ref);
    if (!found) throw new LodgeError("webhook.not_found", { webhook: ref });
    return found;
  }

  #shown({ record, progress, waiting }: Courier): Schemas["Webhook"] {
    return shownWebhook(this.#parts.key, { record, progress, waiting, now: this.#parts.clock.now() });
  }

  async list(): Promise<Schemas["Webhook"][]> {
    return [...this.#kept.values()]
      .map(({ courier }) => this.#shown(courier))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async get(ref: string): Promise<Schemas["Webhook"]> {
    return this.#shown(this.#find(ref).courier);
  }

  /** @throws LodgeError webhook.name_taken, webhook.too_many, webhook.not_https, api.address_closed, guest.not_found */
  async create(body: Schemas["WebhookCreate"], actor: Actor): Promise<Schemas["MadeWebhook"]> {
    const { store, key, clock, events } = this.#parts;
    const { name, url, allowHttp = false, label, project } = body;
    await this.#requireAddress(url, allowHttp);
    if (project !== undefined) await findProject(store, project);
    const guest = body.guest === undefined ? undefined : await this.#guest(body.guest, project);
    const createdBy = actor.kind === "host" ? undefined : actor.user?.name;
    return this.#queue.run(async () => {
      this.#requireFree(name);
      if (this.#kept.size >= most) throw new LodgeError("webhook.too_many", { most });
      const id = newId("w");
      const secret = newSigningSecret();
      const record: WebhookRecord = {
        id,
        name,
        url: sealUrl(key, id, url),
        allowHttp,
        events: body.events ?? ["*"],
        ...(guest === undefined ? {} : { guest }),
        ...(label === undefined ? {} : { label }),
        ...(project === undefined ? {} : { project }),
        secret: sealSigning(key, id, secret),
        createdAt: clock.now(),
        ...(createdBy === undefined ? {} : { createdBy }),
      };
      const progress: ProgressRecord = { cursor: events.lastId };
      await mkdir(this.#parts.folder, { recursive: true, mode: 0o700 });
      await store.transact({
        put: [
          { key: webhookKey(id), value: record },
          { key: progressKey(id), value: progress },
        ],
      });
      return { ...this.#shown(this.#keep(record, progress)), secret };
    });
  }

  /** @throws LodgeError webhook.not_found, webhook.name_taken, webhook.not_https, api.address_closed, guest.not_found */
  async update(ref: string, body: Schemas["WebhookUpdate"]): Promise<Schemas["Webhook"]> {
    const { key, store } = this.#parts;
    const { courier } = this.#find(ref);
    const { id } = courier.record;
    if (body.url !== undefined || body.allowHttp !== undefined)
      await this.#requireAddress(
        body.url ?? urlOf(key, courier.record),
        body.allowHttp ?? courier.record.allowHttp,
      );
    const project = body.project === undefined ? courier.record.project : (body.project ?? undefined);
    if (typeof body.project === "string") await findProject(store, body.project);
    const guest = typeof body.guest === "string" ? await this.#guest(body.guest, project) : undefined;
    await this.#queue.run(async () => {
      if (body.name !== undefined && body.name !== courier.record.name) this.#requireFree(body.name);
      if (body.skip) courier.skip();
      await this.#change(
        id,
        ({ guest: oldGuest, label: oldLabel, project: _, paused: oldPaused, ...old }) => {
          const newGuest = body.guest === undefined ? oldGuest : guest;
          const label = body.label === undefined ? oldLabel : (body.label ?? undefined);
          const paused = body.paused === undefined ? oldPaused : body.paused ? "asked" : undefined;
          return {
            ...old,
            ...(body.name === undefined ? {} : { name: body.name }),
            ...(body.url === undefined ? {} : { url: sealUrl(key, id, body.url) }),
            ...(body.allowHttp === undefined ? {} : { allowHttp: body.allowHttp }),
            ...(body.events === undefined ? {} : { events: body.events }),
            ...(newGuest === undefined ? {} : { guest: newGuest }),
            ...(label === undefined ? {} : { label }),
            ...(project === undefined ? {} : { project }),
            ...(paused === undefined ? {} : { paused }),
          };
        },
      );
    });
    return this.get(id);
  }

  /** @throws LodgeError webhook.not_found */
  async remove(ref: string): Promise<Schemas["Webhook"]> {
    const { courier, deliveries } = this.#find(ref);
    const shown = this.#shown(courier);
    this.#kept.delete(shown.id);
    // Outside of the queue: a courier that ends may still be about to pause itself.
    await courier.stop();
    await this.#queue.run(() =>
      this.#parts.store.transact({ delete: [webhookKey(shown.id), progressKey(shown.id)] }),
    );
    await deliveries.remove();
    return shown;
  }

  /** @throws LodgeError webhook.not_found */
  async rotate(ref: string, { overlap = day }: Schemas["WebhookRotate"]): Promise<Schemas["MadeWebhook"]> {
    const { key, clock } = this.#parts;
    const { id } = this.#find(ref).courier.record;
    const secret = newSigningSecret();
    await this.#queue.run(() =>
      this.#change(id, (old) => ({
        ...old,
        secret: sealSigning(key, id, secret),
        oldSecret: { sealed: old.secret, until: clock.now() + overlap * 1000 },
      })),
    );
    return { ...(await this.get(id)), secret };
  }

  /** @throws LodgeError webhook.not_found */
  async test(ref: string, signal: AbortSignal): Promise<Schemas["Delivery"]> {
    const { courier } = this.#find(ref);
    return courier.sendNow(ofTest(courier.record, this.#parts.clock.now()), "test", signal);
  }

  /** @throws LodgeError webhook.not_found */
  deliveries(ref: string): Promise<Schemas["Delivery"][]> {
    return this.#find(ref).deliveries.list();
  }

  /** @throws LodgeError webhook.not_found, delivery.not_found */
  async redeliver(ref: string, delivery: string, signal: AbortSignal): Promise<Schemas["Delivery"]> {
    const { courier, deliveries } = this.#find(ref);
    const found = (await deliveries.list()).find(({ id }) => id === delivery);
    if (!found) throw new LodgeError("delivery.not_found", { delivery, webhook: ref, kept: keptDeliveries });
    const { message: id, type, body } = found;
    return courier.sendNow({ id, type, body }, "again", signal);
  }

  async #pause(id: string, because: "gone" | "failed"): Promise<void> {
    const paused = await this.#queue.run(() =>
      this.#change(id, (old) => (old.paused === undefined ? { ...old, paused: because } : old)),
    );
    if (paused?.paused !== because) return;
    this.#parts.events.append({
      kind: "webhook.paused",
      message: `The webhook ${paused.name} is paused: ${mayBe[because]}`,
    });
  }

  /** In the store and for its courier; undefined where it is gone. */
  async #change(
    id: string,
    change: (old: WebhookRecord) => WebhookRecord,
  ): Promise<WebhookRecord | undefined> {
    const record = await update<WebhookRecord>(
      this.#parts.store,
      webhookKey(id),
      (old) => old && change(old),
    );
    if (record) this.#kept.get(id)?.courier.change(record);
    return record;
  }

  /** Its id. @throws LodgeError guest.not_found */
  async #guest(ref: string, project = defaultProject): Promise<string> {
    const { store, whole = store } = this.#parts;
    return (await findGuest(whole, ref, project)).id;
  }

  #requireFree(name: string): void {
    if ([...this.#kept.values()].some(({ courier }) => courier.record.name === name))
      throw new LodgeError("webhook.name_taken", { name });
  }

  async #requireAddress(url: string, allowHttp: boolean): Promise<void> {
    requireHttps(url, allowHttp);
    await requireOpen(url, await this.#parts.may());
  }
}
