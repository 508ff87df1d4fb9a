/** Who may use Lodge over TCP: accounts, sessions, tokens and one-time links, as the API offers them. */
import { EventEmitter } from "node:events";
import { allows } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Actor, Origin, UserActor } from "./actor.ts";
import { accountLimit, addressGroup, addressLimit, Attempts } from "./attempts.ts";
import { makeLink, openLink, redeemLink, shownLink, type MadeLink } from "./links.ts";
import { listProviders, Oidc, shownProvider } from "./oidc.ts";
import { Passkeys } from "./passkeys.ts";
import { fitsPassword, hashPassword, requireStrong } from "./password.ts";
import { findUser, iso, userById, userByName, type SessionRecord, type UserRecord } from "./record.ts";
import { beginFactor, confirmFactor, useCode, withoutFactor, type FactorParts } from "./second-factor.ts";
import {
  endSession,
  endSessions,
  liveSessions,
  newSession,
  openSession,
  shownSession,
  sweepSessions,
  type NewSession,
} from "./sessions.ts";
import {
  allTokens,
  createToken,
  isToken,
  openToken,
  removeToken,
  removeTokens,
  shownToken,
} from "./tokens.ts";
import { changeUser, createUser, listUsers, shownUser } from "./users.ts";

/** A session that has begun, with what the browser gets to keep of it. */
export interface SignedIn {
  readonly identity: Schemas["Identity"];
  readonly secret: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export type LinkMade = Omit<Schemas["MadeLink"], "urls">;

export class Access {
  readonly #parts: FactorParts;
  readonly #accounts: Attempts;
  readonly #addresses: Attempts;
  readonly #passkeys: Passkeys;
  readonly #oidc: Oidc;
  readonly #changes = new EventEmitter();

  constructor(parts: FactorParts) {
    this.#parts = parts;
    this.#oidc = new Oidc(parts);
    this.#passkeys = new Passkeys(parts, parts.title);
    this.#accounts = new Attempts(parts.clock, accountLimit);
    this.#addresses = new Attempts(parts.clock, addressLimit);
    this.#changes.setMaxListeners(0);
  }

  /** Who shows this secret; undefined where it is none that holds. */
  async identify(secret: string): Promise<Actor | undefined> {
    return isToken(secret) ? this.#byToken(secret) : this.#bySession(secret);
  }

  async #byToken(secret: string): Promise<Actor | undefined> {
    const found = await openToken(this.#parts, secret);
    if (!found) return undefined;
    const { token, user, role } = found;
    return {
      kind: "token",
      role,
      token: { id: token.id, name: token.name },
      ...(user ? { user: { id: user.id, name: user.name } } : {}),
      ...(token.expiresAt === undefined ? {} : { expiresAt: token.expiresAt }),
    };
  }

  async #bySession(secret: string): Promise<Actor | undefined> {
    const found = await openSession(this.#parts, secret);
    return found && userActor(found.user, found.session);
  }

  /** Calls back whenever somebody may have lost what he could do; ends with the signal. */
  onChange(listener: () => void, signal: AbortSignal): void {
    this.#changes.on("change", listener);
    signal.addEventListener("abort", () => this.#changes.off("change", listener), { once: true });
  }

  #changed(): void {
    this.#changes.emit("change");
  }

  async isAccount(name: string): Promise<boolean> {
    return (await userByName(this.#parts.store, name)) !== undefined;
  }

  async options(): Promise<Schemas["SignInOptions"]> {
    const providers = (await listProviders(this.#parts)).map(({ name, title }) => ({ name, title }));
    return { password: true, firstUse: (await listUsers(this.#parts)).length === 0, providers };
  }

  /** @throws LodgeError access.sign_in_failed, access.too_many_attempts, access.code_needed, access.code_wrong */
  async signIn({ name, password, code }: Schemas["SignIn"], origin: Origin): Promise<SignedIn> {
    const user = await this.#checked(name, password, origin);
    // Until here it counts as an attempt: whoever has the password cannot try all codes.
    await useCode(this.#parts, user.id, code);
    this.#succeeded(name, origin);
    return this.#enter(user, "password", origin);
  }

  /** What a browser needs to sign in with a passkey. @throws LodgeError access.passkey_name, access.too_many_attempts */
  async beginPasskey(origin: Origin): Promise<object> {
    this.#addresses.require(addressGroup(origin.address));
    return this.#passkeys.beginSignIn(origin);
  }

  /** @throws LodgeError access.passkey_refused, access.passkey_name, access.too_many_attempts */
  async signInWithPasskey(body: Schemas["PasskeySignIn"], origin: Origin): Promise<SignedIn> {
    const user = await this.#guessing(origin.address, () => this.#passkeys.signIn(body, origin));
    return this.#enter(user, "passkey", origin);
  }

  async providers(): Promise<Schemas["Provider"][]> {
    return (await listProviders(this.#parts)).map(shownProvider);
  }

  addProvider(body: Schemas["ProviderCreate"]): Promise<Schemas["Provider"]> {
    return this.#oidc.add(body);
  }

  removeProvider(name: string): Promise<Schemas["Provider"]> {
    return this.#oidc.remove(name);
  }

  /** Each asks the provider: it counts as an attempt, until somebody is signed in. */
  async beginOidc(name: string, origin: Origin): Promise<Schemas["OidcBegun"]> {
    const group = addressGroup(origin.address);
    this.#addresses.require(group);
    this.#addresses.begin(group);
    return this.#oidc.begin(name, origin);
  }

  /** @throws LodgeError provider.not_found, access.provider_refused, access.provider_failed */
  async signInWithOidc(name: string, body: Schemas["OidcSignIn"], origin: Origin): Promise<SignedIn> {
    const user = await this.#guessing(origin.address, () => this.#oidc.finish(name, body));
    return this.#enter(user, "provider", origin);
  }

  async #enter(user: UserRecord, how: SessionRecord["how"], origin: Origin): Promise<SignedIn> {
    await sweepSessions(this.#parts);
    const session = newSession(this.#parts, user.id, how, origin);
    await this.#parts.store.transact({ put: [{ key: session.key, value: session.record }] });
    await changeUser(this.#parts, user.id, (now) => ({ ...now, lastSignInAt: this.#parts.clock.now() }));
    return signedIn(user, session);
  }

  /** The account whose password this is. */
  async #checked(name: string, password: string, { address }: Origin): Promise<UserRecord> {
    const group = addressGroup(address);
    this.#addresses.require(group);
    this.#accounts.require(name);
    this.#addresses.begin(group);
    this.#accounts.begin(name);
    const user = (await userByName(this.#parts.store, name))?.value;
    const fits = await fitsPassword(password, user?.password, this.#parts.hashCost);
    if (!user || !fits || user.barred) throw new LodgeError("access.sign_in_failed");
    return user;
  }

  #succeeded(name: string, { address }: Origin): void {
    this.#addresses.succeed(addressGroup(address));
    this.#accounts.succeed(name);
  }

  /** The person, once he has shown his password again. */
  async #proven(actor: Actor, password: string, origin: Origin): Promise<UserActor> {
    const person = requirePerson(actor);
    await this.#checked(person.user.name, password, origin);
    this.#succeeded(person.user.name, origin);
    return person;
  }

  /** @throws LodgeError access.session_needed, access.sign_in_failed, access.factor_there */
  async beginTotp(actor: Actor, { password }: Schemas["PasswordProof"], origin: Origin) {
    const person = await this.#proven(actor, password, origin);
    return beginFactor(this.#parts, person.user.id);
  }

  /** @throws LodgeError access.session_needed, access.factor_not_begun, access.code_wrong */
  async confirmTotp(actor: Actor, { code }: Schemas["TotpCode"]): Promise<Schemas["RecoveryCodes"]> {
    const { user } = requirePerson(actor);
    this.#accounts.require(user.name);
    this.#accounts.begin(user.name);
    const codes = await confirmFactor(this.#parts, user.id, code);
    this.#accounts.succeed(user.name);
    return { codes };
  }

  /** @throws LodgeError access.session_needed, access.sign_in_failed */
  async removeTotp(actor: Actor, { password }: Schemas["PasswordProof"], origin: Origin) {
    const person = await this.#proven(actor, password, origin);
    await changeUser(this.#parts, person.user.id, withoutFactor);
    return this.identity({ ...person, secondFactor: false });
  }

  /** @throws LodgeError access.link_void, access.too_many_attempts */
  async link(code: string, { address }: Origin): Promise<Schemas["Link"]> {
    return this.#guessing(address, async () => {
      const { stored, user } = await openLink(this.#parts, code);
      return shownLink(stored.value, user?.value);
    });
  }

  /** @throws LodgeError access.link_void, access.password_weak, user.name_taken, access.too_many_attempts */
  async redeem(body: Schemas["Redeem"], origin: Origin): Promise<SignedIn> {
    return this.#guessing(origin.address, async () => {
      const session = await redeemLink(this.#parts, body, origin);
      this.#accounts.succeed(session.user.name);
      this.#changed();
      return signedIn(session.user, session);
    });
  }

  async #guessing<T>(address: string | undefined, attempt: () => Promise<T>): Promise<T> {
    const group = addressGroup(address);
    this.#addresses.require(group);
    this.#addresses.begin(group);
    const result = await attempt();
    this.#addresses.succeed(group);
    return result;
  }

  identity(actor: Actor): Schemas["Identity"] {
    return {
      kind: actor.kind,
      role: actor.role,
      ...(actor.kind !== "host" && actor.user ? { user: actor.user.name } : {}),
      ...(actor.kind === "token" ? { token: actor.token.name } : {}),
      ...(actor.kind === "user" ? { session: actor.session, secondFactor: actor.secondFactor } : {}),
      ...(actor.kind !== "host" && actor.expiresAt !== undefined ? { expiresAt: iso(actor.expiresAt) } : {}),
    };
  }

  /** @throws LodgeError access.session_needed */
  async signOut(actor: Actor): Promise<Schemas["Identity"]> {
    const person = requirePerson(actor);
    await endSession(this.#parts, person.session, person.user.id);
    this.#changed();
    return this.identity(person);
  }

  /** @throws LodgeError access.session_needed, access.sign_in_failed, access.too_many_attempts, access.password_weak */
  async changePassword(
    actor: Actor,
    { current, password }: Schemas["PasswordChange"],
    origin: Origin,
  ): Promise<Schemas["Identity"]> {
    requireStrong(password, requirePerson(actor).user.name);
    const person = await this.#proven(actor, current, origin);
    const hash = await hashPassword(password, this.#parts.hashCost);
    await changeUser(this.#parts, person.user.id, (user) => ({ ...user, password: hash }));
    await endSessions(this.#parts, person.user.id, person.session);
    this.#changed();
    return this.identity(person);
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
    const { user } = await this.#proven(actor, password, origin);
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

  async sessions(actor: Actor, { user }: Schemas["OwnerQuery"]): Promise<Schemas["Session"][]> {
    const names = await this.#names();
    return (await liveSessions(this.#parts, await this.#owner(actor, user))).flatMap(({ value }) => {
      const name = names.get(value.user);
      return name === undefined ? [] : [shownSession(value, name, actor)];
    });
  }

  async endSession(actor: Actor, id: string): Promise<Schemas["Session"]> {
    const session = await endSession(this.#parts, id, await this.#owner(actor, undefined));
    this.#changed();
    const user = await userById(this.#parts.store, session.user);
    return shownSession(session, user?.value.name ?? session.user, actor);
  }

  /**
   * The id of the account that the actor may ask about: everybody of his own, an admin of anybody's or, where
   * none is named, of all. @throws LodgeError user.not_found
   */
  async #owner(actor: Actor, asked: string | undefined): Promise<string | undefined> {
    if (actor.role === "admin")
      return asked === undefined ? undefined : (await findUser(this.#parts.store, asked)).value.id;
    const own = actor.user;
    if (asked !== undefined && asked !== own?.name && asked !== own?.id)
      throw new LodgeError("user.not_found", { user: asked });
    // A token of the host's own has no account: nothing has this id.
    return own?.id ?? "";
  }

  async #names(): Promise<ReadonlyMap<string, string>> {
    return new Map((await listUsers(this.#parts)).map(({ value }) => [value.id, value.name]));
  }

  async users(): Promise<Schemas["User"][]> {
    return (await listUsers(this.#parts)).map(({ value }) => shownUser(value));
  }

  async user(ref: string): Promise<Schemas["User"]> {
    return shownUser((await findUser(this.#parts.store, ref)).value);
  }

  async createUser(body: Schemas["UserCreate"]): Promise<Schemas["User"]> {
    return shownUser(await createUser(this.#parts, body));
  }

  async updateUser(ref: string, { role, barred }: Schemas["UserUpdate"]): Promise<Schemas["User"]> {
    const user = await changeUser(this.#parts, ref, ({ barred: was, ...old }) => ({
      ...old,
      ...(role === undefined ? {} : { role }),
      ...((barred ?? was) ? { barred: true as const } : {}),
    }));
    if (user.barred) await endSessions(this.#parts, user.id);
    this.#changed();
    return shownUser(user);
  }

  async removeUser(ref: string): Promise<Schemas["User"]> {
    const user = await changeUser(this.#parts, ref, () => undefined);
    await endSessions(this.#parts, user.id);
    await removeTokens(this.#parts, user.id);
    this.#changed();
    return shownUser(user);
  }

  async resetLink(ref: string, options: Schemas["UserReset"] = {}): Promise<LinkMade> {
    return shownMade(await makeLink(this.#parts, (await findUser(this.#parts.store, ref)).value, options));
  }

  async adminLink(): Promise<LinkMade> {
    return shownMade(await makeLink(this.#parts));
  }

  async tokens(actor: Actor, { user }: Schemas["OwnerQuery"]): Promise<Schemas["Token"][]> {
    const owner = await this.#owner(actor, user);
    const names = await this.#names();
    return (await allTokens(this.#parts))
      .filter(({ value }) => owner === undefined || value.user === owner)
      .map(({ value }) => shownToken(value, value.user === undefined ? undefined : names.get(value.user)));
  }

  /** @throws LodgeError access.session_needed: a token makes no tokens, or one that leaked would live on. */
  async createToken(actor: Actor, body: Schemas["TokenCreate"]): Promise<Schemas["MadeToken"]> {
    if (actor.kind === "token") throw new LodgeError("access.session_needed");
    const { name, role = actor.role, seconds } = body;
    if (!allows(actor.role, role))
      throw new LodgeError("access.forbidden", { needed: role, role: actor.role });
    const owner = actor.kind === "user" ? actor.user : undefined;
    const { record, secret } = await createToken(this.#parts, { name, role, user: owner?.id, seconds });
    return { ...shownToken(record, owner?.name), secret };
  }

  async removeToken(actor: Actor, ref: string): Promise<Schemas["Token"]> {
    const token = await removeToken(this.#parts, ref, await this.#owner(actor, undefined));
    this.#changed();
    const user = token.user === undefined ? undefined : await userById(this.#parts.store, token.user);
    return shownToken(token, user?.value.name);
  }
}

function requirePerson(actor: Actor): UserActor {
  if (actor.kind !== "user") throw new LodgeError("access.session_needed");
  return actor;
}

const userActor = (user: UserRecord, session: SessionRecord): UserActor => ({
  kind: "user",
  role: user.role,
  user: { id: user.id, name: user.name },
  session: session.id,
  secondFactor: user.secondFactor !== undefined,
  expiresAt: session.expiresAt,
});

function signedIn(user: UserRecord, { record, secret }: NewSession): SignedIn {
  const identity: Schemas["Identity"] = {
    kind: "user",
    user: user.name,
    role: user.role,
    session: record.id,
    secondFactor: user.secondFactor !== undefined,
    expiresAt: iso(record.expiresAt),
  };
  return { identity, secret, expiresAt: record.expiresAt };
}

const shownMade = ({ code, link, user }: MadeLink): LinkMade => ({ ...shownLink(link, user), code });
