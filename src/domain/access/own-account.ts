/** What a person who is signed in does with his own account. */
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Actor, Origin, UserActor } from "./actor.ts";
import type { Directories } from "./directory/directories.ts";
import { identityOf, requirePerson } from "./identity.ts";
import type { Passkeys } from "./passkeys.ts";
import { hashPassword, requireStrong } from "./password.ts";
import type { Proofs } from "./proofs.ts";
import { findUser } from "./record.ts";
import { beginFactor, confirmFactor, withoutFactor, type FactorParts } from "./second-factor.ts";
import { endSession, endSessions } from "./sessions.ts";
import { changeUser } from "./users.ts";

export interface OwnAccountOptions {
  readonly parts: FactorParts;
  readonly proofs: Proofs;
  readonly passkeys: Passkeys;
  readonly directories: Pick<Directories, "keeperOf">;
  /** Told when somebody may have lost what he could do. */
  readonly changed: () => void;
}

export class OwnAccount {
  readonly #parts: FactorParts;
  readonly #proofs: Proofs;
  readonly #passkeys: Passkeys;
  readonly #directories: Pick<Directories, "keeperOf">;
  readonly #changed: () => void;

  constructor({ parts, proofs, passkeys, directories, changed }: OwnAccountOptions) {
    this.#parts = parts;
    this.#proofs = proofs;
    this.#passkeys = passkeys;
    this.#directories = directories;
    this.#changed = changed;
  }

  /** @throws LodgeError access.session_needed */
  async signOut(actor: Actor): Promise<Schemas["Identity"]> {
    const person = requirePerson(actor);
    await endSession(this.#parts, person.session, person.user.id);
    this.#changed();
    return identityOf(person);
  }

  /**
   * @throws LodgeError access.session_needed, access.sign_in_failed, access.too_many_attempts, access.password_weak,
   *   access.password_elsewhere
   */
  async changePassword(
    actor: Actor,
    { current, password }: Schemas["PasswordChange"],
    origin: Origin,
  ): Promise<Schemas["Identity"]> {
    requireStrong(password, requirePerson(actor).user.name);
    await this.#requireOwnPassword(requirePerson(actor));
    const person = await this.#proofs.again(actor, current, origin);
    const hash = await hashPassword(password, this.#parts.hashCost);
    await changeUser(this.#parts, person.user.id, (user) => ({ ...user, password: hash }));
    await endSessions(this.#parts, person.user.id, person.session);
    this.#changed();
    return identityOf(person);
  }

  /** With one here besides, he would go on with it when the directory has shut him out. */
  async #requireOwnPassword({ user: { id } }: UserActor): Promise<void> {
    const user = (await findUser(this.#parts.store, id)).value;
    const keeper = user.password === undefined ? await this.#directories.keeperOf(user) : undefined;
    if (keeper) throw new LodgeError("access.password_elsewhere", { provider: keeper.title });
  }

  async passkeys(actor: Actor): Promise<Schemas["Passkey"][]> {
    return this.#passkeys.list(requirePerson(actor).user.id);
  }

  /** @throws LodgeError access.session_needed, access.sign_in_failed, access.passkey_name */
  async beginNewPasskey(
    actor: Actor,
    { password }: Schemas["PasswordProof"],
    origin: Origin,
  ): Promise<object> {
    const { user } = await this.#proofs.again(actor, password, origin);
    return this.#passkeys.beginRegistration(user.id, origin);
  }

  /** @throws LodgeError access.session_needed, access.passkey_refused, access.passkey_name */
  async addPasskey(actor: Actor, body: Schemas["PasskeyAdd"], origin: Origin): Promise<Schemas["Passkey"]> {
    return this.#passkeys.register(requirePerson(actor).user.id, body, origin);
  }

  /** @throws LodgeError access.session_needed, passkey.not_found */
  async removePasskey(actor: Actor, passkey: string): Promise<Schemas["Passkey"]> {
    return this.#passkeys.remove(requirePerson(actor).user.id, passkey);
  }

  /** @throws LodgeError access.session_needed, access.sign_in_failed, access.factor_there */
  async beginTotp(actor: Actor, { password }: Schemas["PasswordProof"], origin: Origin) {
    const person = await this.#proofs.again(actor, password, origin);
    return beginFactor(this.#parts, person.user.id);
  }

  /** @throws LodgeError access.session_needed, access.factor_not_begun, access.code_wrong */
  async confirmTotp(actor: Actor, { code }: Schemas["TotpCode"]): Promise<Schemas["RecoveryCodes"]> {
    const { user } = requirePerson(actor);
    this.#proofs.accounts.require(user.name);
    this.#proofs.accounts.begin(user.name);
    const codes = await confirmFactor(this.#parts, user.id, code);
    this.#proofs.accounts.succeed(user.name);
    return { codes };
  }

  /** @throws LodgeError access.session_needed, access.sign_in_failed */
  async removeTotp(actor: Actor, { password }: Schemas["PasswordProof"], origin: Origin) {
    const person = await this.#proofs.again(actor, password, origin);
    await changeUser(this.#parts, person.user.id, withoutFactor);
    return identityOf({ ...person, secondFactor: false });
  }
}
