/** The ways in: a password, a passkey, another's accounts, a one-time link. Each begins a session. */
import type { Schemas } from "#contract/schemas";
import type { Origin } from "./actor.ts";
import { addressGroup } from "./attempts.ts";
import { signedIn, type SignedIn } from "./identity.ts";
import { openLink, redeemLink, shownLink } from "./links.ts";
import type { Oidc } from "./oidc.ts";
import type { Passkeys } from "./passkeys.ts";
import type { Proofs } from "./proofs.ts";
import { isDirectory, listProviders } from "./provider-record.ts";
import type { SessionRecord, UserRecord } from "./record.ts";
import { useCode, type FactorParts } from "./second-factor.ts";
import { newSession, sweepSessions } from "./sessions.ts";
import { changeUser, listUsers } from "./users.ts";

export interface EntryOptions {
  readonly parts: FactorParts;
  readonly proofs: Proofs;
  readonly passkeys: Passkeys;
  readonly oidc: Oidc;
  /** Told when somebody may have lost what he could do. */
  readonly changed: () => void;
}

export class Entry {
  readonly #parts: FactorParts;
  readonly #proofs: Proofs;
  readonly #passkeys: Passkeys;
  readonly #oidc: Oidc;
  readonly #changed: () => void;

  constructor({ parts, proofs, passkeys, oidc, changed }: EntryOptions) {
    this.#parts = parts;
    this.#proofs = proofs;
    this.#passkeys = passkeys;
    this.#oidc = oidc;
    this.#changed = changed;
  }

  async options(): Promise<Schemas["SignInOptions"]> {
    // With a directory one signs in by name and password, as with an account of Lodge's own.
    const providers = (await listProviders(this.#parts))
      .filter((provider) => !isDirectory(provider))
      .map(({ name, title }) => ({ name, title }));
    return { password: true, firstUse: (await listUsers(this.#parts)).length === 0, providers };
  }

  /**
   * @throws LodgeError access.sign_in_failed, access.too_many_attempts, access.code_needed, access.code_wrong,
   *   access.provider_failed, access.provider_refused
   */
  async signIn({ name, password, code }: Schemas["SignIn"], origin: Origin): Promise<SignedIn> {
    const proven = await this.#proofs.check(name, password, origin);
    // Until here it counts as an attempt: whoever has the password cannot try all codes.
    await useCode(this.#parts, proven.user.id, code);
    this.#proofs.succeeded(proven, origin);
    return this.#enter(proven.user, proven.how, origin);
  }

  /** What a browser needs to sign in with a passkey. @throws LodgeError access.passkey_name, access.too_many_attempts */
  async beginPasskey(origin: Origin): Promise<object> {
    this.#proofs.addresses.require(addressGroup(origin.address));
    return this.#passkeys.beginSignIn(origin);
  }

  /** @throws LodgeError access.passkey_refused, access.passkey_name, access.too_many_attempts */
  async signInWithPasskey(body: Schemas["PasskeySignIn"], origin: Origin): Promise<SignedIn> {
    const user = await this.#proofs.guess(origin.address, () => this.#passkeys.signIn(body, origin));
    return this.#enter(user, "passkey", origin);
  }

  /** Each asks the provider: it counts as an attempt, until somebody is signed in. */
  async beginOidc(name: string, origin: Origin): Promise<Schemas["OidcBegun"]> {
    const group = addressGroup(origin.address);
    this.#proofs.addresses.require(group);
    this.#proofs.addresses.begin(group);
    return this.#oidc.begin(name, origin);
  }

  /** @throws LodgeError provider.not_found, access.provider_refused, access.provider_failed */
  async signInWithOidc(name: string, body: Schemas["OidcSignIn"], origin: Origin): Promise<SignedIn> {
    const user = await this.#proofs.guess(origin.address, () => this.#oidc.finish(name, body));
    return this.#enter(user, "provider", origin);
  }

  /** @throws LodgeError access.link_void, access.too_many_attempts */
  async link(code: string, { address }: Origin): Promise<Schemas["Link"]> {
    return this.#proofs.guess(address, async () => {
      const { stored, user } = await openLink(this.#parts, code);
      return shownLink(stored.value, user?.value);
    });
  }

  /** @throws LodgeError access.link_void, access.password_weak, user.name_taken, access.too_many_attempts */
  async redeem(body: Schemas["Redeem"], origin: Origin): Promise<SignedIn> {
    return this.#proofs.guess(origin.address, async () => {
      const session = await redeemLink(this.#parts, body, origin);
      this.#proofs.accounts.succeed(session.user.name);
      this.#changed();
      return signedIn(session.user, session);
    });
  }

  async #enter(user: UserRecord, how: SessionRecord["how"], origin: Origin): Promise<SignedIn> {
    await sweepSessions(this.#parts);
    const session = newSession(this.#parts, user.id, how, origin);
    await this.#parts.store.transact({ put: [{ key: session.key, value: session.record }] });
    await changeUser(this.#parts, user.id, (now) => ({ ...now, lastSignInAt: this.#parts.clock.now() }));
    return signedIn(user, session);
  }
}
