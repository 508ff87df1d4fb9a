/**
 * One-time links, made by an admin or at the host: with one, a person chooses name and password of an
 * admin's account, or a new password of his own.
 */
import { LodgeError, hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Origin } from "./actor.ts";
import { hashPassword, requireStrong } from "./password.ts";
import {
  isShutOut,
  iso,
  linkKey,
  linkPrefix,
  nameKey,
  read,
  readAll,
  userById,
  userKey,
  type AccessParts,
  type LinkRecord,
  type Stored,
  type UserRecord,
} from "./record.ts";
import { usingCode, withoutFactor, type FactorParts } from "./second-factor.ts";
import { digestOf, newSecret } from "./secret.ts";
import { endSessions, newSession, type NewSession } from "./sessions.ts";
import { newUser } from "./users.ts";

/** Milliseconds: a link is opened soon after it was made, or handed on within a day. */
const life = { "new-admin": 3_600_000, reset: 86_400_000 } as const;

export interface MadeLink {
  readonly code: string;
  readonly link: LinkRecord;
  readonly user: UserRecord | undefined;
}

/** Of links for the same, the last one counts: earlier ones are void. */
export async function makeLink(
  parts: AccessParts,
  user?: UserRecord,
  { dropSecondFactor = false }: Schemas["UserReset"] = {},
): Promise<MadeLink> {
  const { store, clock } = parts;
  const now = clock.now();
  for (const { key, value } of await readAll<LinkRecord>(store, linkPrefix))
    if (value.user === user?.id || value.expiresAt <= now) await store.transact({ delete: [key] });
  const code = newSecret();
  const purpose = user ? "reset" : "new-admin";
  const link: LinkRecord = {
    purpose,
    expiresAt: now + life[purpose],
    ...(user ? { user: user.id } : {}),
    ...(dropSecondFactor ? { dropsFactor: true } : {}),
  };
  await store.transact({ put: [{ key: linkKey(digestOf(code)), value: link }] });
  return { code, link, user };
}

export const shownLink = (link: LinkRecord, user: UserRecord | undefined): Schemas["Link"] => ({
  purpose: link.purpose,
  ...(user ? { user: user.name, secondFactor: user.secondFactor !== undefined && !link.dropsFactor } : {}),
  expiresAt: iso(link.expiresAt),
});

interface Opened {
  readonly stored: Stored<LinkRecord>;
  readonly user: Stored<UserRecord> | undefined;
}

/** @throws LodgeError access.link_void */
export async function openLink({ store, clock }: AccessParts, code: string): Promise<Opened> {
  const stored = await read<LinkRecord>(store, linkKey(digestOf(code)));
  if (!stored || stored.value.expiresAt <= clock.now()) throw new LodgeError("access.link_void");
  const id = stored.value.user;
  const user = id === undefined ? undefined : await userById(store, id);
  if (id !== undefined && (!user || isShutOut(user.value))) throw new LodgeError("access.link_void");
  return { stored, user };
}

/**
 * Uses a link up: the account, its password and a session come in one transaction with the link's end, so
 * that of two who use it at once one gets in.
 *
 * @throws LodgeError access.link_void, access.password_weak, user.name_taken, api.invalid, access.code_needed,
 *   access.code_wrong
 */
export async function redeemLink(
  parts: FactorParts,
  { code, name, password, secondFactor }: Schemas["Redeem"],
  origin: Origin,
): Promise<NewSession & { readonly user: UserRecord }> {
  const { stored, user: old } = await openLink(parts, code);
  if (!old) return redeemNew(parts, stored, name, password, origin);
  requireStrong(password, old.value.name);
  const now = parts.clock.now();
  const entered = stored.value.dropsFactor
    ? withoutFactor(old.value)
    : usingCode(parts, old.value, secondFactor);
  const user = { ...entered, password: await hashPassword(password, parts.hashCost), lastSignInAt: now };
  const session = newSession(parts, user.id, "link", origin);
  await once(() =>
    parts.store.transact({
      compare: [
        { key: stored.key, revision: stored.revision },
        { key: old.key, revision: old.revision },
      ],
      delete: [stored.key],
      put: [
        { key: old.key, value: user },
        { key: session.key, value: session.record },
      ],
    }),
  );
  // Whoever else was signed in knew the old password, and may be why there is a new one.
  await endSessions(parts, user.id, session.record.id);
  return { ...session, user };
}

async function redeemNew(
  parts: AccessParts,
  { key, revision }: Stored<LinkRecord>,
  name: string | undefined,
  password: string,
  origin: Origin,
): Promise<NewSession & { readonly user: UserRecord }> {
  if (name === undefined) throw new LodgeError("api.invalid", { field: "name", reason: "is required" });
  if (await parts.store.get(nameKey(name))) throw new LodgeError("user.name_taken", { name });
  const fresh = await newUser(parts, name, "admin", password);
  const user = { ...fresh, lastSignInAt: fresh.createdAt };
  const session = newSession(parts, user.id, "link", origin);
  await once(() =>
    parts.store.transact({
      compare: [
        { key, revision },
        { key: nameKey(name), revision: "absent" },
      ],
      delete: [key],
      put: [
        { key: nameKey(name), value: user.id },
        { key: userKey(user.id), value: user },
        { key: session.key, value: session.record },
      ],
    }),
  );
  return { ...session, user };
}

/** Somebody else was faster: for this one the link is used. */
async function once<T>(transact: () => Promise<T>): Promise<T> {
  try {
    return await transact();
  } catch (error) {
    if (hasCode(error, "store.conflict")) throw new LodgeError("access.link_void", {}, { cause: error });
    throw error;
  }
}
