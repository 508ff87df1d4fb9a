/** A directory of people: who somebody is, whether this is the password, and which groups that one is in. */
import { LodgeError, hasCode } from "#contract/errors";
import type { AddressFilter } from "#base/outbound";
import type { DirectoryRecord } from "../provider-record.ts";
import { Conversation, type Entry, type Server } from "./conversation.ts";
import { binaryAttributes, findSubject, loginOf, personAttributes, shutOutBy, subjectOf } from "./entry.ts";
import { fillFilter, filterForAll } from "./filter.ts";
import { groupsOf } from "./groups.ts";

/** By what somebody typed, or as who he was found to be. */
export type Sought = { readonly name: string } | { readonly subject: string };

export interface Person {
  readonly server: string;
  readonly dn: string;
  readonly subject: string;
  readonly login: string;
  readonly groups: readonly string[];
  /** Why the directory, or what the provider asks for, keeps the person out. */
  readonly refusal?: string;
}

export interface DirectoryOptions {
  readonly provider: DirectoryRecord;
  readonly secret: string | undefined;
  /** Where addresses may lead at the moment. */
  readonly may: () => Promise<AddressFilter>;
  readonly now: () => number;
  /** Milliseconds for a connection and for each answer. */
  readonly patience: number;
}

/** Another server may do better. */
const goesOn = [
  "provider.unreachable",
  "provider.untrusted",
  "provider.tls_declined",
  "api.address_closed",
] as const;

export class Directory {
  readonly #options: DirectoryOptions;
  /** The one that answered last. */
  #first = 0;

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /** @throws LodgeError provider.unreachable, … where none of its servers can be asked */
  async #asking<T>(ask: (conversation: Conversation) => Promise<T>): Promise<T> {
    const { urls } = this.#options.provider;
    let failed: unknown;
    for (let turn = 0; turn < urls.length; turn++) {
      const at = (this.#first + turn) % urls.length;
      try {
        const result = await this.#at(urls[at] ?? "", ask);
        this.#first = at;
        return result;
      } catch (error) {
        failed ??= error;
        if (!goesOn.some((each) => hasCode(error, each))) throw error;
      }
    }
    throw failed;
  }

  async #at<T>(url: string, ask: (conversation: Conversation) => Promise<T>): Promise<T> {
    const { provider, secret } = this.#options;
    const conversation = await Conversation.open(
      await this.#server(url),
      provider.bindDn ?? "nobody in particular",
    );
    try {
      if (provider.bindDn !== undefined) await conversation.bind(provider.bindDn, secret ?? "");
      return await ask(conversation);
    } finally {
      await conversation.close();
    }
  }

  async #server(url: string): Promise<Server> {
    const { provider, may, patience } = this.#options;
    const { protocol, hostname, port } = new URL(url);
    const direct = protocol === "ldaps:";
    return {
      url,
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? (direct ? 636 : 389) : Number(port),
      tls: direct ? "at once" : provider.startTls ? "begun" : "none",
      ca: provider.ca,
      may: await may(),
      patience,
    };
  }

  /** Can it be read as the provider says? @throws LodgeError as search */
  async require(): Promise<void> {
    const { base, groupsBase = base } = this.#options.provider;
    await this.#asking(async (conversation) => {
      for (const each of new Set([base, groupsBase])) await requireEntry(conversation, each);
    });
  }

  /** @throws LodgeError provider.ambiguous, and as search */
  find(sought: Sought): Promise<Person | undefined> {
    return this.#asking(async (conversation) => {
      const entry = await this.#entry(conversation, sought);
      return entry && this.#person(conversation, entry, sought);
    });
  }

  /**
   * Those of these that it has, in one conversation.
   * @throws LodgeError as find; also where it has nothing at all that can be read, and so would seem to have lost all
   */
  findAll(subjects: readonly string[]): Promise<ReadonlyMap<string, Person>> {
    return this.#asking(async (conversation) => {
      await requireEntry(conversation, this.#options.provider.base);
      const found = new Map<string, Person>();
      for (const subject of subjects) {
        const entry = await this.#entry(conversation, { subject });
        if (entry) found.set(subject, await this.#person(conversation, entry, { subject }));
      }
      return found;
    });
  }

  /**
   * The person, where this is the password, also one that does not let in.
   *
   * @param counted told of whose password is about to be tried; throws where it was tried too often
   * @throws LodgeError as find, access.too_many_attempts
   */
  check(sought: Sought, password: string, counted: (subject: string) => void): Promise<Person | undefined> {
    return this.#asking(async (conversation) => {
      const entry = await this.#entry(conversation, sought);
      if (!entry) return undefined;
      counted(subjectOf(entry));
      // In a conversation of its own: this one goes on as who may read.
      const other = await Conversation.open(conversation.server, entry.dn);
      const fits = await other.fits(entry.dn, password).finally(() => other.close());
      if (fits === "no") return undefined;
      const person = await this.#person(conversation, entry, sought);
      return fits === "yes" ? person : { ...person, ...fits };
    });
  }

  async #entry(conversation: Conversation, sought: Sought): Promise<Entry | undefined> {
    const { base, userFilter, title } = this.#options.provider;
    const options = { attributes: personAttributes, binary: binaryAttributes, most: 2 };
    if ("name" in sought) {
      const filter = fillFilter(userFilter, sought);
      const [first, second] = await conversation.search({ base, filter, ...options });
      if (second) throw new LodgeError("provider.ambiguous", { provider: title, name: sought.name });
      return first;
    }
    const place = findSubject(sought.subject);
    const everybody = filterForAll(userFilter);
    if ("attribute" in place)
      return (await conversation.search({ base, filter: everybody, equals: place, ...options }))[0];
    const search = { base: place.dn, scope: "base" as const, filter: everybody, ...options };
    return (
      await conversation.search(search).catch((error: unknown) => {
        if (hasCode(error, "provider.base_not_found")) return [];
        throw error;
      })
    )[0];
  }

  async #person(conversation: Conversation, entry: Entry, sought: Sought): Promise<Person> {
    const { provider, now } = this.#options;
    const groups = await groupsOf(conversation, provider, entry);
    const folded = new Set(groups.map((group) => group.toLowerCase()));
    const lacking = provider.requireGroups.find((group) => !folded.has(group.toLowerCase()));
    const refusal =
      shutOutBy(entry, now()) ?? (lacking === undefined ? undefined : `the group ${lacking} is required`);
    return {
      server: conversation.server.url,
      dn: entry.dn,
      subject: subjectOf(entry),
      login: loginOf(entry) ?? ("name" in sought ? sought.name : entry.dn),
      groups,
      ...(refusal === undefined ? {} : { refusal }),
    };
  }
}

/** @throws LodgeError provider.base_not_found */
async function requireEntry(conversation: Conversation, base: string): Promise<void> {
  const search = { base, scope: "base" as const, filter: "(objectClass=*)", attributes: ["1.1"], most: 1 };
  if ((await conversation.search(search)).length === 0)
    throw new LodgeError("provider.base_not_found", { address: conversation.server.url, base });
}
