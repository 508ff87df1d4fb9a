/** A webhook as the API shows it. */
import type { Schemas } from "#contract/schemas";
import type { SealKey } from "#durable/store/seal";
import { urlOf, type ProgressRecord, type WebhookRecord } from "./record.ts";

export interface Shown {
  readonly record: WebhookRecord;
  readonly progress: ProgressRecord;
  /** Events that are still to be sent. */
  readonly waiting: number;
  readonly now: number;
}

const iso = (time: number): string => new Date(time).toISOString();

export function shownWebhook(key: SealKey, { record, progress, waiting, now }: Shown): Schemas["Webhook"] {
  const { id, name, allowHttp, events, guest, label, project, paused, createdAt, createdBy, oldSecret } =
    record;
  const { failure, lost, deliveredAt } = progress;
  return {
    id,
    name,
    url: urlOf(key, record),
    allowHttp,
    events: [...events],
    ...(guest === undefined ? {} : { guest }),
    ...(label === undefined ? {} : { label }),
    ...(project === undefined ? {} : { project }),
    state: paused === undefined ? (failure ? "failing" : "active") : "paused",
    ...(paused === undefined ? {} : { paused }),
    ...(failure ? { failure: shownFailure(failure, paused === undefined) } : {}),
    waiting,
    ...(lost ? { lost: { events: lost.events, at: iso(lost.at) } } : {}),
    ...(deliveredAt === undefined ? {} : { deliveredAt: iso(deliveredAt) }),
    ...(oldSecret && oldSecret.until > now ? { oldSecretUntil: iso(oldSecret.until) } : {}),
    createdAt: iso(createdAt),
    ...(createdBy === undefined ? {} : { createdBy }),
  };
}

const shownFailure = (
  { since, tries, next, reason }: NonNullable<ProgressRecord["failure"]>,
  goesOn: boolean,
) => ({
  since: iso(since),
  tries,
  ...(next === undefined || !goesOn ? {} : { next: iso(next) }),
  reason,
});
