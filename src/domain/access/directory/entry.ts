/** What an entry says of a person: who that is, and whether the directory lets the person in. */
import type { Entry, Equals } from "./conversation.ts";

/** What is asked for of a person's entry. */
export const personAttributes = [
  "uid",
  "cn",
  "sAMAccountName",
  "memberOf",
  "gidNumber",
  "primaryGroupID",
  "objectSid",
  "objectGUID",
  "entryUUID",
  "nsUniqueId",
  "userAccountControl",
  "accountExpires",
  "nsAccountLock",
  "loginDisabled",
  "pwdAccountLockedTime",
  "shadowExpire",
];
export const binaryAttributes = ["objectSid", "objectGUID"];

export const textsOf = ({ attributes }: Entry, name: string): readonly string[] =>
  (attributes.get(name.toLowerCase()) ?? []).map((value) => value.toString());

export const textOf = (entry: Entry, name: string): string | undefined => textsOf(entry, name)[0];

export function bytesOf({ attributes }: Entry, name: string): Buffer | undefined {
  const [value] = attributes.get(name.toLowerCase()) ?? [];
  return value === undefined || value.length === 0 ? undefined : Buffer.from(value);
}

export const loginOf = (entry: Entry): string | undefined =>
  textOf(entry, "sAMAccountName") ?? textOf(entry, "uid");

/** What stays the same when the person is renamed or moved, as far as the directory has such a thing. */
export function subjectOf(entry: Entry): string {
  const guid = bytesOf(entry, "objectGUID");
  if (guid) return `objectGUID:${guid.toString("hex")}`;
  for (const name of ["entryUUID", "nsUniqueId"]) {
    const id = textOf(entry, name);
    if (id) return `${name}:${id}`;
  }
  return `dn:${entry.dn.toLowerCase()}`;
}

/** How to find it again: by an attribute, or as the entry of a name. */
export function findSubject(subject: string): Equals | { readonly dn: string } {
  const cut = subject.indexOf(":");
  const [attribute, value] = [subject.slice(0, cut), subject.slice(cut + 1)];
  if (attribute === "dn") return { dn: value };
  return { attribute, value: attribute === "objectGUID" ? Buffer.from(value, "hex") : value };
}

const disabledBit = 0x2;
/** Active Directory counts 100 ns from the year 1601. */
const filetimeEpoch = 11_644_473_600_000;
const never = 0x7fff_ffff_ffff_ffffn;

/** Why the directory shuts this person out, of whom no password is at hand; undefined: it does not. */
export function shutOutBy(entry: Entry, now: number): string | undefined {
  const says = (name: string) => textOf(entry, name);
  if (Number(says("userAccountControl") ?? 0) & disabledBit) return "the account there is disabled";
  for (const name of ["nsAccountLock", "loginDisabled"])
    if (says(name)?.toLowerCase() === "true") return "the account there is disabled";
  // draft-behera-ldap-password-policy, 5.3.3: until somebody lifts it.
  if (says("pwdAccountLockedTime") === "000001010000Z") return "the account there is locked";
  const expires = says("accountExpires") ?? "";
  const filetime = /^\d+$/.test(expires) ? BigInt(expires) : 0n;
  if (filetime > 0n && filetime !== never && Number(filetime / 10_000n) - filetimeEpoch <= now)
    return "the account there has expired";
  const day = says("shadowExpire") ?? "";
  if (/^\d+$/.test(day) && Number(day) * 86_400_000 <= now) return "the account there has expired";
  return undefined;
}
