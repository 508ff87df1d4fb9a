/** Asking for proof of who somebody is: passwords, and whatever else can be guessed, only so often. */
import { SerialQueue } from "#base/queue";
import { LodgeError } from "#contract/errors";
import type { Actor, Origin, UserActor } from "./actor.ts";
import { accountLimit, addressGroup, addressLimit, Attempts } from "./attempts.ts";
import { requirePerson } from "./identity.ts";
import { fitsPassword } from "./password.ts";
import { userByName, type AccessParts, type UserRecord } from "./record.ts";

export class Proofs {
  readonly #parts: AccessParts;
  readonly #turns = new Map<string, SerialQueue>();
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
    const fits = await this.#inTurn(group, () =>
      fitsPassword(password, user?.password, this.#parts.hashCost),
    );
    if (!user || !fits || user.barred) throw new LodgeError("access.sign_in_failed");
    return user;
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
