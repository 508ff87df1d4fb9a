/**
 * The groups that a directory has somebody in, also through other groups. A group is called by its cn. Where the provider has a base
 * for groups, those elsewhere are not counted: whoever may make groups somewhere could else call one as he likes.
 */
import type { DirectoryRecord } from "../provider-record.ts";
import type { Conversation, Entry, Equals } from "./conversation.ts";
import { commonName, liesUnder } from "./distinguished-name.ts";
import { bytesOf, loginOf, textOf, textsOf } from "./entry.ts";
import { any, escapeValue, fillFilter } from "./filter.ts";

const most = 500;
const deepest = 8;
/** Names in one filter: servers take only so long a request. */
const atOnce = 50;
/** Is in no group's list of names. */
const nobody = "\0";

type Found = Map<string, string>;

export async function groupsOf(
  conversation: Conversation,
  provider: DirectoryRecord,
  person: Entry,
): Promise<string[]> {
  const found: Found = new Map();
  const base = provider.groupsBase ?? provider.base;
  const take = async (filter: string, equals?: Equals): Promise<string[]> => {
    const search = { base, filter, ...(equals ? { equals } : {}), attributes: ["cn"], most };
    const groups = await conversation.search(search);
    return groups.flatMap((group) => (note(found, group.dn, textOf(group, "cn")) ? [group.dn] : []));
  };
  const look = async (filters: readonly string[]): Promise<string[]> => {
    const fresh: string[] = [];
    for (let at = 0; at < filters.length && found.size < most; at += atOnce)
      fresh.push(...(await take(any(filters.slice(at, at + atOnce)))));
    return fresh;
  };
  const asked = fillFilter(provider.groupFilter, { dn: person.dn, name: loginOf(person) ?? nobody });
  if (provider.kind === "active-directory") {
    const primary = primaryGroup(person);
    const through = primary ? await take("(objectClass=group)", primary) : [];
    await look([asked, ...through.map((dn) => fillFilter(provider.groupFilter, { dn, name: nobody }))]);
  } else {
    const said = textsOf(person, "memberOf").filter(
      (dn) => (provider.groupsBase === undefined || liesUnder(dn, base)) && note(found, dn, undefined),
    );
    const gid = textOf(person, "gidNumber");
    const posix = gid === undefined ? [] : [`(&(objectClass=posixGroup)(gidNumber=${escapeValue(gid)}))`];
    let next = [...said, ...(await look([asked, ...posix]))];
    for (let depth = 0; depth < deepest && next.length > 0; depth++) next = await look(next.map(holding));
  }
  return [...new Set(found.values())].toSorted();
}

/** Groups that this group is in. */
const holding = (dn: string): string => fillFilter("(|(member={dn})(uniqueMember={dn}))", { dn });

/** Was it not known before? */
function note(found: Found, dn: string, called: string | undefined): boolean {
  const name = called ?? commonName(dn);
  const key = dn.toLowerCase();
  if (name === undefined || found.has(key) || found.size >= most) return false;
  found.set(key, name);
  return true;
}

/**
 * In Active Directory everybody is in one group by its number alone, and `member` of that does not say so. Its security
 * identifier is the person's own with that number in place of the last ([MS-DTYP] 2.4.2).
 */
export function primaryGroup(person: Entry): Equals | undefined {
  const sid = bytesOf(person, "objectSid");
  const number = Number(textOf(person, "primaryGroupID"));
  if (!sid || sid.length < 12 || !Number.isSafeInteger(number) || number < 1) return undefined;
  const group = Buffer.from(sid);
  group.writeUInt32LE(number, group.length - 4);
  return { attribute: "objectSid", value: group };
}
