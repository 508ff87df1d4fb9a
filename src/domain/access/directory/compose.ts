/** A directory's record of what an admin says, with what is usual for its kind. */
import { X509Certificate } from "node:crypto";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { DirectoryRecord } from "../provider-record.ts";
import { fillFilter } from "./filter.ts";

export type DirectoryCreate = Exclude<Schemas["ProviderCreate"], { kind: "oidc" }>;

/** LDAP_MATCHING_RULE_IN_CHAIN: members of members too ([MS-ADTS] 3.1.1.3.4.4.3). */
const inChain = "1.2.840.113556.1.4.1941";

const usual = {
  ldap: {
    userFilter: "(uid={name})",
    groupFilter:
      "(|(&(objectClass=groupOfNames)(member={dn}))(&(objectClass=groupOfUniqueNames)(uniqueMember={dn}))" +
      "(&(objectClass=posixGroup)(memberUid={name})))",
  },
  "active-directory": {
    userFilter:
      "(&(objectCategory=person)(objectClass=user)(|(sAMAccountName={name})(userPrincipalName={name})))",
    groupFilter: `(&(objectClass=group)(member:${inChain}:={dn}))`,
  },
} as const;

/** @throws LodgeError provider.plain, provider.filter_unusable, api.invalid */
export async function composeDirectory(
  { secret: _, ...given }: DirectoryCreate,
  secret: string | undefined,
): Promise<DirectoryRecord> {
  const filters = usual[given.kind];
  const record: DirectoryRecord = {
    ...given,
    ...(secret === undefined ? {} : { secret }),
    title: given.title ?? given.name,
    userFilter: given.userFilter ?? filters.userFilter,
    groupFilter: given.groupFilter ?? filters.groupFilter,
    startTls: given.startTls ?? false,
    requireGroups: given.requireGroups ?? [],
  };
  for (const url of record.urls) {
    const { protocol, hostname } = new URL(url);
    if (protocol === "ldap:" && !record.startTls && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname))
      throw new LodgeError("provider.plain", { address: url });
  }
  if ((record.bindDn === undefined) !== (secret === undefined))
    throw new LodgeError("api.invalid", {
      field: "bindDn",
      reason: "goes with a password, and that with it",
    });
  if (!record.userFilter.includes("{name}"))
    throw new LodgeError("provider.filter_unusable", {
      filter: record.userFilter,
      reason: "it does not say where the name goes",
    });
  await requireFilter(record.userFilter);
  await requireFilter(record.groupFilter);
  requireCertificates(record.ca);
  return record;
}

async function requireFilter(filter: string): Promise<void> {
  const { FilterParser } = await import("ldapts");
  try {
    FilterParser.parseString(fillFilter(filter, { name: "x", dn: "cn=x" }));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LodgeError("provider.filter_unusable", { filter, reason }, { cause });
  }
}

function requireCertificates(pem: string | undefined): void {
  if (pem === undefined) return;
  try {
    void new X509Certificate(pem);
  } catch (cause) {
    throw new LodgeError("api.invalid", { field: "ca", reason: "is no certificate in PEM" }, { cause });
  }
}
