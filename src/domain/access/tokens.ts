/** Tokens: what a program shows. One can no more than its role and than its account's, and ends with either. */
import { allows, roleIn, type GlobalRole, type Holder, type Role } from "#contract/access";
import { LodgeError, hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { newId } from "#base/ids";
import { update } from "#durable/store/update";
import { stays } from "../project/record.ts";
import {
  isShutOut,
  iso,
  read,
  readAll,
  tokenKey,
  tokenNameKey,
  tokenPrefix,
  userById,
  type AccessParts,
  type Stored,
  type TokenRecord,
  type UserRecord,
} from "./record.ts";
import { digestOf, newSecret } from "./secret.ts";

/** So that a scanner of published files knows one. */
const mark = "lodge_";
const usualSeconds = 90 * 86_400;
const noteEvery = 300_000;

export const isToken = (secret: string): boolean => secret.startsWith(mark);

export interface NewToken {
  readonly name: string;
  readonly role: GlobalRole;
  readonly project?: string | undefined;
  readonly user: string | undefined;
  /** null: until it is revoked. */
  readonly seconds: number | null | undefined;
}

/** @throws LodgeError token.name_taken, project.not_found */
export async function createToken(
  { store, clock }: AccessParts,
  { name, role, project, user, seconds = usualSeconds }: NewToken,
): Promise<{ record: TokenRecord; secret: string }> {
  const secret = mark + newSecret();
  const digest = digestOf(secret);
  const record: TokenRecord = {
    id: newId("k"),
    name,
    role,
    ...(project === undefined ? {} : { project }),
    ...(user === undefined ? {} : { user }),
    createdAt: clock.now(),
    ...(seconds === null ? {} : { expiresAt: clock.now() + seconds * 1000 }),
  };
  for (;;) {
    const home = project === undefined ? [] : await stays(store, project);
    try {
      await store.transact({
        compare: [{ key: tokenNameKey(name), revision: "absent" }, ...home],
        put: [
          { key: tokenNameKey(name), value: digest },
          { key: tokenKey(digest), value: record },
        ],
      });
      return { record, secret };
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
      if (await store.get(tokenNameKey(name)))
        throw new LodgeError("token.name_taken", { name }, { cause: error });
    }
  }
}

/** What a token that holds lets one do. */
export type OpenedToken = { token: TokenRecord; user: UserRecord | undefined } & Holder;

/** What this secret lets one do, if it is a token that holds. */
export const openToken = async (parts: AccessParts, secret: string): Promise<OpenedToken | undefined> =>
  opened(parts, await read<TokenRecord>(parts.store, tokenKey(digestOf(secret))));

/** The same of one whose secret was shown to another host of the cluster. */
export const openTokenById = async (parts: AccessParts, id: string): Promise<OpenedToken | undefined> =>
  opened(
    parts,
    (await allTokens(parts)).find(({ value }) => value.id === id),
  );

async function opened(
  { store, clock }: AccessParts,
  found: Stored<TokenRecord> | undefined,
): Promise<OpenedToken | undefined> {
  const now = clock.now();
  if (!found || hasExpired(found.value, now)) return undefined;
  const { key, value: token } = found;
  const user = token.user === undefined ? undefined : (await userById(store, token.user))?.value;
  if (token.user !== undefined && (!user || isShutOut(user))) return undefined;
  if (now - (token.lastUsedAt ?? 0) > noteEvery) {
    const noted = update<TokenRecord>(store, key, (current) => current && { ...current, lastUsedAt: now });
    // As of a session: what cannot be written shuts no program out.
    await noted.catch(() => undefined);
  }
  return { token, user, ...rolesOf(token, user) };
}

const lesser = (role: GlobalRole, most: Role): GlobalRole => (allows(role, most) ? most : role);

/** What a token may: in no place more than its owner, and nowhere but in its project where it is for one. */
function rolesOf({ role, project }: TokenRecord, user: UserRecord | undefined): Holder {
  if (role === "none") return { role };
  const owner: Holder = user ?? { role: "admin" };
  if (project === undefined) {
    const granted = Object.keys(owner.projects ?? {}).map((name) => [
      name,
      lesser(roleIn(owner, name)!, role),
    ]);
    return { role: lesser(owner.role, role), projects: Object.fromEntries(granted) as Record<string, Role> };
  }
  const most = roleIn(owner, project);
  return { role: "none", projects: most ? { [project]: lesser(most, role) as Role } : {} };
}

const hasExpired = ({ expiresAt }: TokenRecord, now: number): boolean =>
  expiresAt !== undefined && expiresAt <= now;

/** All that are there, also those that have expired: who wonders why one fails finds it. */
export const allTokens = async ({ store }: AccessParts): Promise<Stored<TokenRecord>[]> =>
  (await readAll<TokenRecord>(store, tokenPrefix)).toSorted((a, b) => (a.value.name < b.value.name ? -1 : 1));

export const shownToken = (token: TokenRecord, user: string | undefined): Schemas["Token"] => ({
  id: token.id,
  name: token.name,
  ...(user === undefined ? {} : { user }),
  role: token.role,
  ...(token.project === undefined ? {} : { project: token.project }),
  createdAt: iso(token.createdAt),
  ...(token.expiresAt === undefined ? {} : { expiresAt: iso(token.expiresAt) }),
  ...(token.lastUsedAt === undefined ? {} : { lastUsedAt: iso(token.lastUsedAt) }),
});

/** By name or id; of the given account alone where one is given. @throws LodgeError token.not_found */
export async function removeToken(parts: AccessParts, ref: string, user?: string): Promise<TokenRecord> {
  const found = (await allTokens(parts)).find(
    ({ value }) => (value.name === ref || value.id === ref) && (user === undefined || value.user === user),
  );
  if (!found) throw new LodgeError("token.not_found", { token: ref });
  await parts.store.transact({ delete: [found.key, tokenNameKey(found.value.name)] });
  return found.value;
}

/** Removes all of an account's, or all for a project. */
export async function removeTokens(
  parts: AccessParts,
  which: { readonly user: string } | { readonly project: string },
): Promise<void> {
  for (const { key, value } of await allTokens(parts))
    if ("user" in which ? value.user === which.user : value.project === which.project)
      await parts.store.transact({ delete: [key, tokenNameKey(value.name)] });
}
