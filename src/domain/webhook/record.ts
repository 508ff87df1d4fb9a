/** Webhooks as the store keeps them. Times are milliseconds since the epoch. */
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { openSecret, sealSecret, type SealKey } from "#durable/store/seal";
import type { Store } from "#durable/store/store";

/** What was asked for. */
export interface WebhookRecord {
  readonly id: string;
  readonly name: string;
  /** Sealed: an address may hold what lets its owner in. */
  readonly url: string;
  readonly allowHttp: boolean;
  readonly events: readonly string[];
  /** Id of the guest. */
  readonly guest?: string;
  readonly label?: string;
  readonly project?: string;
  /** Sealed. */
  readonly secret: string;
  /** Signs as well until then. */
  readonly oldSecret?: { readonly sealed: string; readonly until: number };
  readonly paused?: NonNullable<Schemas["Webhook"]["paused"]>;
  readonly createdAt: number;
  readonly createdBy?: string;
}

/** How far it has got: written once in a while, so that after a crash a little may be sent again. */
export interface ProgressRecord {
  /** Id of the last event that is done with; "" before the first. */
  readonly cursor: string;
  readonly failure?: {
    readonly since: number;
    readonly tries: number;
    /** When it is tried again; none: never, by itself. */
    readonly next?: number;
    readonly reason: string;
  };
  readonly lost?: { readonly events: number; readonly at: number };
  readonly deliveredAt?: number;
}

export const webhookPrefix = "webhooks/records/";
export const webhookKey = (id: string): string => webhookPrefix + id;
export const progressPrefix = "webhooks/progress/";
export const progressKey = (id: string): string => progressPrefix + id;

const urlContext = (id: string): string => `${webhookKey(id)}/url`;
const secretContext = (id: string): string => `${webhookKey(id)}/secret`;

export const sealUrl = (key: SealKey, id: string, url: string): string =>
  sealSecret(key, url, urlContext(id));
export const sealSigning = (key: SealKey, id: string, secret: string): string =>
  sealSecret(key, secret, secretContext(id));

export const urlOf = (key: SealKey, { id, url }: WebhookRecord): string =>
  openSecret(key, url, urlContext(id));

/** The secrets that messages are signed with now, the newest first. */
export function secretsOf(key: SealKey, { id, secret, oldSecret }: WebhookRecord, now: number): string[] {
  const sealed = oldSecret && oldSecret.until > now ? [secret, oldSecret.sealed] : [secret];
  return sealed.map((one) => openSecret(key, one, secretContext(id)));
}

export const readProgress = async (store: Store, id: string): Promise<ProgressRecord | undefined> =>
  (await store.get(progressKey(id)))?.value as ProgressRecord | undefined;

/** @throws LodgeError webhook.not_https, api.invalid */
export function requireHttps(url: string, allowHttp: boolean): void {
  if (!URL.canParse(url)) throw new LodgeError("api.invalid", { field: "url", reason: "is no address" });
  if (!allowHttp && new URL(url).protocol !== "https:")
    throw new LodgeError("webhook.not_https", { url: new URL(url).origin });
}
