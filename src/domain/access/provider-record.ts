/** Providers of sign-ins as the store keeps them: of OpenID Connect, and directories. */
import type { GlobalRole } from "#contract/access";
import { LodgeError, hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { openSecret, sealSecret } from "#durable/store/seal";
import { read, readAll } from "./record.ts";
import type { FactorParts } from "./second-factor.ts";
import { changeUser, listUsers } from "./users.ts";

interface OfEach {
  readonly name: string;
  readonly title: string;
  /** Sealed. */
  readonly secret?: string;
  /** The role of accounts that are made at a first sign-in; none: accounts are not made. */
  readonly role?: GlobalRole;
}

export interface OpenIdRecord extends OfEach {
  readonly kind: "oidc";
  readonly issuer: string;
  readonly clientId: string;
  /** Where an ID token names groups, if not in "groups". */
  readonly groupsClaim?: string;
  /** "claim=value": an ID token has to have all of them. */
  readonly require: readonly string[];
}

export interface DirectoryRecord extends OfEach {
  readonly kind: "ldap" | "active-directory";
  /** Servers that all have it: "ldaps://dc1.example.com". */
  readonly urls: readonly string[];
  readonly base: string;
  /** Who reads it; without, nobody in particular. */
  readonly bindDn?: string;
  /** {name} in it is what somebody types. */
  readonly userFilter: string;
  readonly groupsBase?: string;
  /** {dn} and {name} in it are the account's. */
  readonly groupFilter: string;
  readonly startTls: boolean;
  /** PEM. */
  readonly ca?: string;
  readonly requireGroups: readonly string[];
}

export type ProviderRecord = OpenIdRecord | DirectoryRecord;

const prefix = "access/providers/";
const providerKey = (name: string): string => prefix + name;

/** One of old has no kind: there was but one. */
const withKind = (provider: ProviderRecord): ProviderRecord =>
  (provider as { kind?: string }).kind === undefined
    ? { ...(provider as OpenIdRecord), kind: "oidc" }
    : provider;

export const listProviders = async ({ store }: FactorParts): Promise<ProviderRecord[]> =>
  (await readAll<ProviderRecord>(store, prefix)).map(({ value }) => withKind(value));

export const isDirectory = (provider: ProviderRecord): provider is DirectoryRecord =>
  provider.kind !== "oidc";

/** @throws LodgeError provider.not_found */
export async function findProvider({ store }: FactorParts, name: string): Promise<ProviderRecord> {
  const found = await read<ProviderRecord>(store, providerKey(name));
  if (!found) throw new LodgeError("provider.not_found", { provider: name });
  return withKind(found.value);
}

export const sealedFor = ({ key }: FactorParts, name: string, secret: string): string =>
  sealSecret(key, secret, providerKey(name));

export const secretOf = ({ key }: FactorParts, { name, secret }: ProviderRecord): string | undefined =>
  secret && openSecret(key, secret, providerKey(name));

/** @throws LodgeError provider.name_taken */
export async function keepProvider({ store }: FactorParts, provider: ProviderRecord): Promise<void> {
  const key = providerKey(provider.name);
  try {
    await store.transact({ compare: [{ key, revision: "absent" }], put: [{ key, value: provider }] });
  } catch (error) {
    if (!hasCode(error, "store.conflict")) throw error;
    throw new LodgeError("provider.name_taken", { name: provider.name }, { cause: error });
  }
}

/** @throws LodgeError provider.not_found */
export async function removeProvider(parts: FactorParts, name: string): Promise<ProviderRecord> {
  const provider = await findProvider(parts, name);
  await parts.store.transact({ delete: [providerKey(name)] });
  // Nobody stands by what it said any more, least of all another one of its name. Whom it shut out stays so.
  for (const { value } of await listUsers(parts))
    if (value.told?.provider === name) await changeUser(parts, value.id, ({ told: _, ...user }) => user);
  return provider;
}

export function shownProvider({ secret: _, ...provider }: ProviderRecord): Schemas["Provider"] {
  if (provider.kind === "oidc") return { ...provider, require: [...provider.require] };
  return { ...provider, urls: [...provider.urls], requireGroups: [...provider.requireGroups] };
}
