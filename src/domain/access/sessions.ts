/**
 * Sessions: what a browser's cookie stands for. One ends when it was not used for a week, thirty days after
 * it began, when it is ended, and with its account.
 */
import { newId } from "#base/ids";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { update } from "#durable/store/update";
import type { Actor, Origin } from "./actor.ts";
import {
  isShutOut,
  iso,
  read,
  readAll,
  sessionKey,
  sessionPrefix,
  userById,
  type AccessParts,
  type SessionRecord,
  type Stored,
  type UserRecord,
} from "./record.ts";
import { digestOf, newSecret } from "./secret.ts";

const day = 86_400_000;
const longestIdle = 7 * day;
const longest = 30 * day;
/** Its last use is noted no more often than this: each note is a write. */
const noteEvery = 300_000;

export interface NewSession {
  /** For the cookie. */
  readonly secret: string;
  readonly record: SessionRecord;
}

/** A session that nothing knows yet: its record goes into the caller's transaction. */
export function newSession(
  { clock }: AccessParts,
  user: string,
  how: SessionRecord["how"],
  { address, agent }: Origin,
): NewSession & { readonly key: string } {
  const secret = newSecret();
  const now = clock.now();
  const record: SessionRecord = {
    id: newId("s"),
    user,
    how,
    ...(address === undefined ? {} : { address }),
    ...(agent === undefined ? {} : { agent: agent.slice(0, 200) }),
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + longest,
  };
  return { secret, record, key: sessionKey(digestOf(secret)) };
}

/** When it ends if it is not used any more. */
const endOf = ({ lastSeenAt, expiresAt }: SessionRecord): number =>
  Math.min(expiresAt, lastSeenAt + longestIdle);

/** Whose session this is, if it is one that holds; its use is noted. */
export async function openSession(
  { store, clock }: AccessParts,
  secret: string,
): Promise<{ session: SessionRecord; user: UserRecord } | undefined> {
  const found = await read<SessionRecord>(store, sessionKey(digestOf(secret)));
  const now = clock.now();
  if (!found || endOf(found.value) <= now) return undefined;
  const user = (await userById(store, found.value.user))?.value;
  if (!user || isShutOut(user)) return undefined;
  if (now - found.value.lastSeenAt > noteEvery) await noteUse(store, found, now);
  return { session: found.value, user };
}

/** The same of a session that was shown to another host of the cluster, which notes its use. */
export async function openSessionById(
  parts: AccessParts,
  account: string,
  id: string,
): Promise<{ session: SessionRecord; user: UserRecord } | undefined> {
  const user = (await userById(parts.store, account))?.value;
  if (!user || isShutOut(user)) return undefined;
  const found = (await liveSessions(parts, account)).find(({ value }) => value.id === id);
  return found && { session: found.value, user };
}

/**
 * Not where it has ended meanwhile, or another request noted it first. What cannot be written shuts nobody out: with a
 * disk that is full, somebody has to come in and make room.
 */
async function noteUse(
  store: AccessParts["store"],
  found: Stored<SessionRecord>,
  now: number,
): Promise<void> {
  const { key, revision, value } = found;
  const note = { compare: [{ key, revision }], put: [{ key, value: { ...value, lastSeenAt: now } }] };
  await store.transact(note).catch(() => undefined);
}

/** Those that hold, the latest used first; of one account or of all. */
export async function liveSessions(
  { store, clock }: AccessParts,
  user?: string,
): Promise<Stored<SessionRecord>[]> {
  const now = clock.now();
  return (await readAll<SessionRecord>(store, sessionPrefix))
    .filter(({ value }) => endOf(value) > now && (user === undefined || value.user === user))
    .toSorted((a, b) => b.value.lastSeenAt - a.value.lastSeenAt);
}

export const shownSession = (session: SessionRecord, user: string, actor: Actor): Schemas["Session"] => ({
  id: session.id,
  user,
  how: session.how,
  ...(session.address === undefined ? {} : { address: session.address }),
  ...(session.agent === undefined ? {} : { agent: session.agent }),
  createdAt: iso(session.createdAt),
  lastSeenAt: iso(session.lastSeenAt),
  expiresAt: iso(endOf(session)),
  current: actor.kind === "user" && actor.session === session.id,
});

/** @throws LodgeError session.not_found, also where it is not the given account's. */
export async function endSession(parts: AccessParts, id: string, user?: string): Promise<SessionRecord> {
  const found = (await liveSessions(parts, user)).find(({ value }) => value.id === id);
  if (!found) throw new LodgeError("session.not_found", { session: id });
  await parts.store.transact({ delete: [found.key] });
  return found.value;
}

/** Ends all of an account's sessions but one. */
export async function endSessions(parts: AccessParts, user: string, except?: string): Promise<void> {
  for (const { key, value } of await liveSessions(parts, user))
    if (value.id !== except) await update(parts.store, key, () => undefined);
}

/** Removes those that have run out. */
export async function sweepSessions({ store, clock }: AccessParts): Promise<void> {
  const now = clock.now();
  for (const { key, value } of await readAll<SessionRecord>(store, sessionPrefix))
    if (endOf(value) <= now) await update(store, key, () => undefined);
}
