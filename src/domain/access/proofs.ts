/** Asking for proof of who somebody is: passwords, and whatever else can be guessed, only so often. */
import { LodgeError } from "#contract/errors";
import type { Actor, Origin, UserActor } from "./actor.ts";
import { accountLimit, addressGroup, addressLimit, Attempts } from "./attempts.ts";
import { requirePerson } from "./identity.ts";
import { fitsPassword } from "./password.ts";
import { userByName, type AccessParts, type UserRecord } from "./record.ts";

export class Proofs {
  readonly #parts: AccessParts;
  readonly accounts: Attempts;
  readonly addresses: Attempts;

  constructor(parts: AccessParts) {
    this.#parts = parts;
    this.accounts = new Attempts(parts.clock, accountLimit);
    this.addresses = new Attempts(parts.clock, addressLimit);
  }

  /** The account whose password this is. */
  async check(name: string, password: string, { address }: Origin): Promise<UserRecord> {
    const group = addressGroup(address);
    this.addresses.require(group);
    this.accounts.require(name);
    this.addresses.begin(group);
    this.accounts.begin(name);
    const user = (await userByName(this.#parts.store, name))?.value;
    const fits = await fitsPassword(password, user?.password, this.#parts.hashCost);
    if (!user || !fits || user.barred) throw new LodgeError("access.sign_in_failed");
    return user;
  }

  succeeded(name: string, { address }: Origin): void {
    this.addresses.succeed(addressGroup(address));
    this.accounts.succeed(name);
  }

  /** The person, once he has shown his password again. */
  async again(actor: Actor, password: string, origin: Origin): Promise<UserActor> {
    const person = requirePerson(actor);
    await this.check(person.user.name, password, origin);
    this.succeeded(person.user.name, origin);
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
