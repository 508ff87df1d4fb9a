/**
 * Asks each directory again about the accounts that came by it. Whom it has no more or shuts out is shut out here: his sessions
 * end, his tokens are void, and no passkey lets him in, until the directory has him again. Where a directory does not answer,
 * nothing changes.
 */
import type { Clock } from "#base/clock";
import { hasCode } from "#contract/errors";
import { update } from "#durable/store/update";
import type { DirectoryRecord } from "../provider-record.ts";
import { userKey, type UserRecord } from "../record.ts";
import type { FactorParts } from "../second-factor.ts";
import { endSessions } from "../sessions.ts";
import { listUsers } from "../users.ts";
import { identityIn, saysTheSame, type Directories } from "./directories.ts";
import type { Person } from "./directory.ts";

export const recheckEvery = 900_000;
/** The same about those who are at work by what the directory says of them. */
export const recheckPresentEvery = 60_000;

const checkKey = (provider: string): string => `access/directory-checks/${provider}`;

/** Ids of accounts that have something open. */
export type Present = () => Promise<ReadonlySet<string>>;

export interface RecheckParts {
  readonly parts: FactorParts;
  readonly directories: Directories;
  /** Told when somebody may have lost what he could do. */
  readonly changed: () => void;
}

/** Again and again, until the signal. @param failed told of each directory that could not be asked */
export async function keepRechecking(
  parts: RecheckParts,
  clock: Clock,
  failed: (provider: string, error: unknown) => void,
  { present, signal }: { readonly present: Present; readonly signal: AbortSignal },
): Promise<void> {
  for (let passed = 0; !signal.aborted;) {
    await clock.sleep(recheckPresentEvery, signal).catch(() => undefined);
    if (signal.aborted) return;
    passed = (passed + recheckPresentEvery) % recheckEvery;
    try {
      await recheckAll(parts, failed, passed === 0 ? undefined : await present());
    } catch (error) {
      failed("*", error);
    }
  }
}

/** @param some of these accounts alone */
export async function recheckAll(
  recheck: RecheckParts,
  failed: (provider: string, error: unknown) => void,
  some?: ReadonlySet<string>,
): Promise<void> {
  if (some?.size === 0) return;
  const [what, every] = some ? ["/present", recheckPresentEvery] : ["", recheckEvery];
  for (const provider of await recheck.directories.list())
    try {
      if (await isOurTurn(recheck.parts, provider.name + what, every))
        await recheckOne(recheck, provider, some);
    } catch (error) {
      failed(provider.name, error);
    }
}

/** One host of a cluster does it. */
async function isOurTurn({ store, clock }: FactorParts, what: string, every: number): Promise<boolean> {
  const key = checkKey(what);
  const last = await store.get(key);
  const now = clock.now();
  if (last && (last.value as { at: number }).at + every / 2 > now) return false;
  try {
    await store.transact({
      compare: [{ key, revision: last?.revision ?? "absent" }],
      put: [{ key, value: { at: now } }],
    });
    return true;
  } catch (error) {
    if (hasCode(error, "store.conflict")) return false;
    throw error;
  }
}

async function recheckOne(
  { parts, directories, changed }: RecheckParts,
  provider: DirectoryRecord,
  some: ReadonlySet<string> | undefined,
): Promise<void> {
  const theirs = (await listUsers(parts)).flatMap(({ value: user }) => {
    if (some && !some.has(user.id)) return [];
    const identity = identityIn(provider, user);
    return identity ? [{ user, subject: identity.subject }] : [];
  });
  if (theirs.length === 0) return;
  const directory = await directories.directory(provider);
  const found = await directory.findAll(theirs.map(({ subject }) => subject));
  for (const { user, subject } of theirs) {
    const person = found.get(subject);
    if (person && person.refusal === undefined) await tellAnew(directories, provider, user, person);
    else if (!user.lapsed) {
      // Also of the last admin: who has the host has another way in.
      await update<UserRecord>(parts.store, userKey(user.id), (now) => now && { ...now, lapsed: true });
      await endSessions(parts, user.id);
      changed();
    }
  }
}

/** Nothing is written of an account of which nothing is new: there may be thousands. */
async function tellAnew(
  directories: Directories,
  provider: DirectoryRecord,
  user: UserRecord,
  person: Person,
): Promise<void> {
  if (!user.lapsed && saysTheSame(user.told, provider, person)) return;
  await directories.tell(provider, user, person).catch((error: unknown) => {
    // Removed meanwhile.
    if (!hasCode(error, "user.not_found")) throw error;
  });
}
