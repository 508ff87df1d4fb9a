/**
 * The directories that people may sign in with. Somebody who types a name that no account has is asked of each of them in turn,
 * by their names; an account that came by one is asked of that one alone, as who it is there and not by what it is called.
 */
import { Semaphore } from "#base/queue";
import { LodgeError, hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { AddressFilter } from "#base/outbound";
import { accountOf, keepTold, openAccount } from "../account-elsewhere.ts";
import { keptGroups } from "../memberships.ts";
import {
  findProvider,
  isDirectory,
  listProviders,
  sealedFor,
  secretOf,
  type DirectoryRecord,
} from "../provider-record.ts";
import type { Identity, Told, UserRecord } from "../record.ts";
import type { FactorParts } from "../second-factor.ts";
import { composeDirectory, type DirectoryCreate } from "./compose.ts";
import { Directory, type Person, type Sought } from "./directory.ts";

export interface DirectoriesOptions {
  readonly parts: FactorParts;
  /** Told when somebody may have lost what he could do. */
  readonly changed: () => void;
  /** Where addresses may lead; without, anywhere. */
  readonly may?: (() => Promise<AddressFilter>) | undefined;
  /** Milliseconds for a connection to a directory, and for each of its answers. */
  readonly patience?: number | undefined;
}

export interface Asked {
  /** As it was typed. */
  readonly name: string;
  readonly password: string;
  /** The account that has this name. */
  readonly user: UserRecord | undefined;
  /** Told of whom the password is tried on; throws where that was too often. */
  readonly counted: (who: string) => void;
}

const usualPatience = 5_000;
/** A directory that does not answer holds so many who sign in, and the others wait. */
const asking = new Semaphore(16);

/** What ties an account to its entry in a directory. */
const issuerOf = ({ name }: DirectoryRecord): string => `ldap:${name}`;

export const identityIn = (provider: DirectoryRecord, user: UserRecord): Identity | undefined =>
  user.identities?.find(({ issuer }) => issuer === issuerOf(provider));

export class Directories {
  readonly #options: DirectoriesOptions;
  /** Kept, since each knows which of its servers answers. */
  readonly #open = new Map<string, { readonly of: string; readonly directory: Directory }>();

  constructor(options: DirectoriesOptions) {
    this.#options = options;
  }

  async list(): Promise<DirectoryRecord[]> {
    return (await listProviders(this.#options.parts)).filter(isDirectory);
  }

  async directory(provider: DirectoryRecord): Promise<Directory> {
    const { parts, may, patience = usualPatience } = this.#options;
    const of = JSON.stringify(provider);
    const known = this.#open.get(provider.name);
    if (known?.of === of) return known.directory;
    const directory = new Directory({
      provider,
      secret: secretOf(parts, provider),
      // The rules may change while it is known.
      may: may ?? (async () => () => true),
      now: () => parts.clock.now(),
      patience,
    });
    this.#open.set(provider.name, { of, directory });
    return directory;
  }

  /** @throws LodgeError provider.plain, provider.filter_unusable, provider.unreachable, … */
  async compose(given: DirectoryCreate): Promise<DirectoryRecord> {
    const { parts } = this.#options;
    const secret = given.secret === undefined ? undefined : sealedFor(parts, given.name, given.secret);
    const provider = await composeDirectory(given, secret);
    await (await this.directory(provider)).require();
    return provider;
  }

  /** The provider that keeps this account's password. */
  async keeperOf(user: UserRecord): Promise<DirectoryRecord | undefined> {
    return (await this.list()).find((provider) => identityIn(provider, user) !== undefined);
  }

  /**
   * Whose password this is, as the directories say; undefined: nobody's whom they know.
   *
   * @throws LodgeError access.provider_failed where one of them could not be asked and no other knows;
   *   access.provider_refused where the password is right and yet does not let in; access.too_many_attempts
   */
  async check({ name, password, user, counted }: Asked): Promise<UserRecord | undefined> {
    let failed: LodgeError | undefined;
    for (const { provider, sought } of await this.#whomToAsk(name, user)) {
      const told = (subject: string) => counted(`${issuerOf(provider)}/${subject}`);
      try {
        const person = await asking.run(async () =>
          (await this.directory(provider)).check(sought, password, told),
        );
        if (person) return await this.#enter(provider, person);
      } catch (error) {
        // Whom it takes for two it knows nobody as.
        if (hasCode(error, "provider.ambiguous")) continue;
        if (!isFailure(error)) throw error;
        failed ??= new LodgeError("access.provider_failed", { provider: provider.title }, { cause: error });
      }
    }
    if (failed) throw failed;
    return undefined;
  }

  async #whomToAsk(
    name: string,
    user: UserRecord | undefined,
  ): Promise<{ provider: DirectoryRecord; sought: Sought }[]> {
    const all = await this.list();
    if (user)
      return all.flatMap((provider) => {
        const identity = identityIn(provider, user);
        return identity ? [{ provider, sought: { subject: identity.subject } }] : [];
      });
    const { provider: named, name: plain } = splitName(name);
    return all
      .filter((provider) => named === undefined || provider.name === named)
      .map((provider) => ({ provider, sought: { name: plain } }));
  }

  async #enter(provider: DirectoryRecord, person: Person): Promise<UserRecord> {
    const refuse = (reason: string) =>
      new LodgeError("access.provider_refused", { provider: provider.title, reason });
    if (person.refusal !== undefined) throw refuse(person.refusal);
    const identity = { issuer: issuerOf(provider), subject: person.subject };
    const user = await openAccount(this.#options.parts, {
      identity,
      role: provider.role,
      wishes: [person.login],
    });
    if (!user) throw refuse("you have no account here, and none is made");
    if (user.barred) throw refuse("your account here is barred");
    return this.tell(provider, user, person);
  }

  /** Keeps what it says of an account. */
  async tell(provider: DirectoryRecord, user: UserRecord, person: Person): Promise<UserRecord> {
    const { parts, changed } = this.#options;
    const told: Told = {
      provider: provider.name,
      at: parts.clock.now(),
      groups: keptGroups(person.groups),
      claims: [],
    };
    const kept = await keepTold(parts, user.id, told);
    if (user.lapsed || !saysTheSame(user.told, provider, person)) changed();
    return kept;
  }

  /** What would come of a person's sign-in, without one. @throws LodgeError provider.person_not_found, … */
  async test(name: string, person: string): Promise<Schemas["DirectoryFinding"]> {
    const provider = await findProvider(this.#options.parts, name);
    if (!isDirectory(provider)) throw new LodgeError("provider.no_directory", { provider: provider.title });
    const found = await (await this.directory(provider)).find({ name: person });
    if (!found) throw new LodgeError("provider.person_not_found", { provider: provider.title, name: person });
    const identity = { issuer: issuerOf(provider), subject: found.subject };
    const user = await accountOf(this.#options.parts, identity);
    const role = user?.role ?? provider.role;
    const refusal =
      found.refusal ??
      (user?.barred ? "the account here is barred" : undefined) ??
      (role === undefined ? "there is no account here, and none is made" : undefined);
    const { server, dn, login, groups } = found;
    return {
      server,
      dn,
      login,
      groups: [...groups],
      ...(user ? { account: user.name } : {}),
      ...(role === undefined ? {} : { role }),
      ...(refusal === undefined ? {} : { refusal }),
    };
  }
}

/** Was this said before, by the same one? */
export const saysTheSame = (told: Told | undefined, { name }: DirectoryRecord, { groups }: Person): boolean =>
  told?.provider === name && told.groups.join("\n") === keptGroups(groups).join("\n");

/** Not the person's doing. */
const isFailure = (error: unknown): boolean =>
  error instanceof LodgeError && (error.code.startsWith("provider.") || error.code === "api.address_closed");

/** "corp\ann" is ann of the directory corp; as Windows has it, whatever the case. */
export function splitName(typed: string): { provider?: string; name: string } {
  const cut = typed.indexOf("\\");
  return cut < 1
    ? { name: typed }
    : { provider: typed.slice(0, cut).toLowerCase(), name: typed.slice(cut + 1) };
}
