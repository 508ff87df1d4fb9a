/** Asking for proof of who somebody is: passwords, and whatever else can be guessed, only so often. */
import { SerialQueue } from "#base/queue";
import { LodgeError } from "#contract/errors";
import type { Actor, Origin, UserActor } from "./actor.ts";
import { accountLimit, addressGroup, addressLimit, Attempts } from "./attempts.ts";
import type { Directories } from "./directory/directories.ts";
import { requirePerson } from "./identity.ts";
import { fitsPassword } from "./password.ts";
import { userByName, type AccessParts, type UserRecord } from "./record.ts";

/** Those who keep passwords that Lodge does not. */
export type PasswordKeepers = Pick<Directories, "check">;

export interface Proven {
  readonly user: UserRecord;
  readonly how: "password" | "provider";
  /** Whose attempts this was one of. */
  readonly counted: readonly string[];
}

const isAccountName = (name: string): boolean => /^[a-z0-9._-]{1,64}$/.test(name);

export class Proofs {
  readonly #parts: AccessParts;
  readonly #keepers: PasswordKeepers;
  readonly #turns = new Map<string, SerialQueue>();
  readonly accounts: Attempts;
  readonly addresses: Attempts;

  constructor(parts: AccessParts, keepers: PasswordKeepers) {
    this.#parts = parts;
    this.#keepers = keepers;
    this.accounts = new Attempts(parts.clock, accountLimit);
    this.addresses = new Attempts(parts.clock, addressLimit);
  }

  /**
   * Whose password this is: an account's own or, where it has none, one that a directory keeps.
   *
   * @throws LodgeError access.sign_in_failed, access.too_many_attempts, access.provider_failed, access.provider_refused
   */
  async check(typed: string, password: string, { address }: Origin): Promise<Proven> {
    const group = addressGroup(address);
    const name = typed.normalize("NFC").trim().toLowerCase();
    const counted: string[] = [];
    const count = (who: string) => {
      this.accounts.require(who);
      this.accounts.begin(who);
      counted.push(who);
    };
    this.addresses.require(group);
    this.accounts.require(name);
    this.addresses.begin(group);
    count(name);
    const user = isAccountName(name) ? (await userByName(this.#parts.store, name))?.value : undefined;
    const fits = await this.#inTurn(group, () =>
      fitsPassword(password, user?.password, this.#parts.hashCost),
    );
    if (user?.barred) throw new LodgeError("access.sign_in_failed");
    if (user && fits && !user.lapsed) return { user, how: "password", counted };
    const found = await this.#keepers.check({ name: typed.trim(), password, user, counted: count });
    if (!found) throw new LodgeError("access.sign_in_failed");
    return { user: found, how: "provider", counted };
  }

  /** One address has one password looked at at a time: who tries many keeps those behind him waiting for one. */
  async #inTurn<T>(group: string, look: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(group) ?? new SerialQueue();
    this.#turns.set(group, turn);
    try {
      return await turn.run(look);
    } finally {
      if (turn.length === 0 && this.#turns.get(group) === turn) this.#turns.delete(group);
    }
  }

  succeeded({ counted }: Proven, { address }: Origin): void {
    this.addresses.succeed(addressGroup(address));
    for (const who of counted) this.accounts.succeed(who);
  }

  /** The person, once he has shown his password again. */
  async again(actor: Actor, password: string, origin: Origin): Promise<UserActor> {
    const person = requirePerson(actor);
    const proven = await this.check(person.user.name, password, origin);
    if (proven.user.id !== person.user.id) throw new LodgeError("access.sign_in_failed");
    this.succeeded(proven, origin);
    return person;
  }

  /** Something that whoever tries often enough could guess. */
  async guess<T>(address: string | undefined, attempt: () => Promise<T>): Promise<T> {
    const group = addressGroup(address);
    this.addresses.require(group);
    this.addresses.begin(group);
    const result = await attempt();
    this.addresses.succeed(group);
    return result;
  }
}
