/**
 * A request that bears a key is done once: whoever repeats it, because the answer was lost, gets the answer
 * again (the header Idempotency-Key).
 *
 *   replies/DIGEST    {fingerprint, at, operation?, sealed?}
 *
 *   (nothing) ──began an operation──► claimed {operation} ──answered──► {operation?, sealed}  ──24 h──► (nothing)
 *
 * The claim is in the transaction that begins the operation: a daemon that is killed before it could answer
 * still knows, and does not begin it twice. A request that failed leaves nothing: it may be tried again.
 */
import { createHash, createHmac } from "node:crypto";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { askedBy } from "#durable/operation/asker";
import { openSecret, sealSecret, type SealKey } from "#durable/store/seal";
import { maxOperations, type Store } from "#durable/store/store";

export interface RepliesParts {
  readonly store: Store;
  readonly key: SealKey;
  readonly clock: Clock;
  /** The operation as it is now. @throws LodgeError operation.not_found */
  readonly operation: (id: string) => Promise<unknown>;
}

export interface KeyedRequest {
  /** The client's key. */
  readonly key: string;
  /** Who asks for what: the same key elsewhere is another. */
  readonly scope: string;
  /** What has to be the same each time. */
  readonly body: unknown;
}

export interface Reply {
  readonly answer: unknown;
  /** It was answered before, and nothing was done now. */
  readonly replayed: boolean;
}

interface ReplyRecord {
  readonly fingerprint: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly operation?: string;
  /** The answer as JSON, sealed: it may hold a secret that is shown once. */
  readonly sealed?: string;
}

const prefix = "replies/";
/** Milliseconds that an answer is kept: a day. */
const keptTime = 24 * 3600 * 1000;
/** Answers that are kept at most. */
const keptCount = 20_000;
/** New answers between two prunings. */
const pruneEvery = 100;

const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");

export class Replies {
  readonly #parts: RepliesParts;
  /** Requests under way, by their record's key. */
  readonly #underWay = new Map<string, { readonly fingerprint: string; readonly answer: Promise<unknown> }>();
  #written = 0;

  constructor(parts: RepliesParts) {
    this.#parts = parts;
  }

  /**
   * Does `work`, or answers as it was answered before.
   *
   * @throws LodgeError api.key_reused where the key came with another request; what `work` throws.
   */
  async once<T>({ key, scope, body }: KeyedRequest, work: () => Promise<T>): Promise<Reply> {
    const place = prefix + digest(`${scope}\n${key}`);
    // Keyed: a body may hold a password, which a plain digest would let somebody guess.
    const fingerprint = createHmac("sha256", this.#parts.key)
      .update(JSON.stringify(body) ?? "")
      .digest("base64url");
    const other = this.#underWay.get(place);
    if (other) {
      requireSame(other.fingerprint, fingerprint);
      return { answer: await other.answer, replayed: true };
    }
    const begun = this.#begin(place, fingerprint, work);
    const answer = begun.then((reply) => reply.answer);
    answer.catch(() => undefined);
    this.#underWay.set(place, { fingerprint, answer });
    try {
      return await begun;
    } finally {
      this.#underWay.delete(place);
    }
  }

  async #begin(place: string, fingerprint: string, work: () => Promise<unknown>): Promise<Reply> {
    const { store, clock } = this.#parts;
    const known = (await store.get(place))?.value as ReplyRecord | undefined;
    if (known && known.at > clock.now() - keptTime) {
      requireSame(known.fingerprint, fingerprint);
      const answer = await this.#answerOf(place, known);
      if (answer !== undefined) return { answer, replayed: true };
    }
    const record: ReplyRecord = { fingerprint, at: clock.now() };
    let open = true;
    const asker = {
      put: (operation: string) => (open ? [{ key: place, value: { ...record, operation } }] : []),
    };
    try {
      const answer = await askedBy(asker, work);
      open = false;
      await this.#keep(place, record, answer);
      return { answer, replayed: false };
    } finally {
      open = false;
    }
  }

  /** An operation is shown as it is now; where it is forgotten already, as it was. */
  async #answerOf(place: string, { operation, sealed }: ReplyRecord): Promise<unknown> {
    if (operation !== undefined) {
      const now = await this.#parts.operation(operation).catch(() => undefined);
      if (now !== undefined) return now;
    }
    return sealed === undefined ? undefined : JSON.parse(openSecret(this.#parts.key, sealed, place));
  }

  async #keep(place: string, record: ReplyRecord, answer: unknown): Promise<void> {
    const { store, key } = this.#parts;
    const operation = operationOf(answer);
    const value: ReplyRecord = {
      ...record,
      ...(operation === undefined ? {} : { operation }),
      sealed: sealSecret(key, JSON.stringify(answer ?? null), place),
    };
    await store.transact({ put: [{ key: place, value }] });
    if (++this.#written % pruneEvery === 0) await this.#prune();
  }

  async #prune(): Promise<void> {
    const { store, clock } = this.#parts;
    const { items } = await store.list(prefix);
    const kept = items
      .map(({ key, value }) => ({ key, at: (value as ReplyRecord).at }))
      .toSorted((a, b) => b.at - a.at);
    const old = kept.filter(({ at }, i) => i >= keptCount || at <= clock.now() - keptTime);
    for (let i = 0; i < old.length; i += maxOperations)
      await store.transact({ delete: old.slice(i, i + maxOperations).map(({ key }) => key) });
  }
}

function requireSame(known: string, given: string): void {
  if (known !== given) throw new LodgeError("api.key_reused");
}

/** The id of an operation, where the answer is one. */
function operationOf(answer: unknown): string | undefined {
  const { id, kind, stepCount } = (answer ?? {}) as { id?: unknown; kind?: unknown; stepCount?: unknown };
  return typeof id === "string" && typeof kind === "string" && stepCount !== undefined ? id : undefined;
}
