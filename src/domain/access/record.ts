/**
 * Accounts, sessions, tokens and one-time links as the store keeps them. Times are milliseconds since the
 * epoch. What is found by a secret has the secret's digest as its key.
 */
import type { GlobalRole, Role } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Item, Store } from "#durable/store/store";
import { find } from "#durable/store/update";
import type { HashCost, PasswordHash } from "./password.ts";

export interface AccessParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Of new passwords. A test has no second to spare for each. */
  readonly hashCost?: HashCost;
}

export interface SecondFactor {
  /** Sealed, in base64url. */
  readonly secret: string;
  /** The last step whose code was used: a code counts once. */
  readonly lastStep: number;
  /** Digests of those that are left. */
  readonly recovery: readonly string[];
}

export interface PendingFactor {
  readonly secret: string;
  readonly expiresAt: number;
}

/** Whose account at a provider an account here is. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

export interface PasskeyRecord {
  /** The credential's id, in base64url as is its public key (COSE). */
  readonly id: string;
  readonly publicKey: string;
  readonly counter: number;
  /** What its owner calls it. */
  readonly name: string;
  /** The server's name that it is for. */
  readonly site: string;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
}

/** What a provider said of an account last. */
export interface Told {
  readonly provider: string;
  readonly at: number;
  readonly groups: readonly string[];
  /** "claim=value". */
  readonly claims: readonly string[];
}

export interface UserRecord {
  readonly id: string;
  readonly name: string;
  readonly role: GlobalRole;
  /** Roles granted in single projects; none in a record of old. */
  readonly projects?: Readonly<Record<string, Role>>;
  readonly createdAt: number;
  readonly barred?: true;
  /** Its directory has it no more, or shuts it out. */
  readonly lapsed?: true;
  readonly password?: PasswordHash;
  readonly secondFactor?: SecondFactor;
  readonly pendingFactor?: PendingFactor;
  /** Groups that an admin put it in. */
  readonly groups?: readonly string[];
  /** Never mixed with those: the provider's next word replaces it. */
  readonly told?: Told;
  readonly identities?: readonly Identity[];
  readonly passkeys?: readonly PasskeyRecord[];
  readonly lastSignInAt?: number;
}

/** It may not sign in, and nothing that it has open or left with a program counts. */
export const isShutOut = ({ barred, lapsed }: UserRecord): boolean => barred === true || lapsed === true;

export interface SessionRecord {
  readonly id: string;
  readonly user: string;
  readonly how: "password" | "link" | "passkey" | "provider";
  readonly address?: string;
  readonly agent?: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
}

export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  /** The account it is of; none: the host's own. */
  readonly user?: string;
  /** none: only what is its account's own, as its desktops. */
  readonly role: GlobalRole;
  /** It counts in this one alone. */
  readonly project?: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly lastUsedAt?: number;
}

export interface LinkRecord {
  readonly purpose: "new-admin" | "reset";
  /** The account whose password is to be chosen. */
  readonly user?: string;
  /** Using it takes the account's second factor away. */
  readonly dropsFactor?: true;
  readonly expiresAt: number;
}

export const userPrefix = "access/users/";
export const userKey = (id: string): string => userPrefix + id;
/** Holds the id of the account that has the name. */
export const nameKey = (name: string): string => `access/names/${name}`;
export const sessionPrefix = "access/sessions/";
export const sessionKey = (digest: string): string => sessionPrefix + digest;
export const tokenPrefix = "access/tokens/";
export const tokenKey = (digest: string): string => tokenPrefix + digest;
/** Holds the digest of the token that has the name. */
export const tokenNameKey = (name: string): string => `access/token-names/${name}`;
export const linkPrefix = "access/links/";
export const linkKey = (digest: string): string => linkPrefix + digest;

export interface Stored<T> {
  readonly key: string;
  readonly revision: number;
  readonly value: T;
}

const stored = <T>({ key, revision, value }: Item): Stored<T> => ({ key, revision, value: value as T });

export async function read<T>(store: Store, key: string): Promise<Stored<T> | undefined> {
  const item = await find(store, key);
  return item && stored<T>(item);
}

export const readAll = async <T>(store: Store, prefix: string): Promise<Stored<T>[]> =>
  (await store.list(prefix)).items.map((item) => stored<T>(item));

export const userById = (store: Store, id: string) => read<UserRecord>(store, userKey(id));

export async function userByName(store: Store, name: string): Promise<Stored<UserRecord> | undefined> {
  const id = (await find(store, nameKey(name)))?.value as string | undefined;
  return id === undefined ? undefined : userById(store, id);
}

/** By name or id. @throws LodgeError user.not_found */
export async function findUser(store: Store, ref: string): Promise<Stored<UserRecord>> {
  const found = (await userByName(store, ref)) ?? (await userById(store, ref));
  if (!found) throw new LodgeError("user.not_found", { user: ref });
  return found;
}

export const iso = (time: number): string => new Date(time).toISOString();
