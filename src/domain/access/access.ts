/** Who may use Lodge over TCP: accounts, sessions, tokens and one-time links, as the API offers them. */
import { EventEmitter } from "node:events";
import { allows, highestRole, roleIn } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Actor } from "./actor.ts";
import { Directories, type DirectoriesOptions } from "./directory/directories.ts";
import { keepRechecking, recheckAll, type Present } from "./directory/recheck.ts";
import { Entry } from "./entry.ts";
import { userActor } from "./identity.ts";
import { Known } from "./known.ts";
import { makeLink, shownLink, type MadeLink } from "./links.ts";
import { Oidc } from "./oidc.ts";
import { membershipsOf, type Memberships } from "./memberships.ts";
import { OwnAccount } from "./own-account.ts";
import { Passkeys } from "./passkeys.ts";
import { Proofs } from "./proofs.ts";
import { keepProvider, listProviders, removeProvider, shownProvider } from "./provider-record.ts";
import { findUser, userById, userByName } from "./record.ts";
import type { FactorParts } from "./second-factor.ts";
import {
  endSession,
  endSessions,
  liveSessions,
  openSession,
  openSessionById,
  shownSession,
} from "./sessions.ts";
import {
  allTokens,
  createToken,
  isToken,
  openToken,
  openTokenById,
  type OpenedToken,
  removeToken,
  removeTokens,
  shownToken,
} from "./tokens.ts";
import { changeUser, createUser, listUsers, shownMember, shownUser, withRole } from "./users.ts";

export type LinkMade = Omit<Schemas["MadeLink"], "urls">;

export type AccessOptions = FactorParts & Pick<DirectoriesOptions, "may" | "patience">;

export class Access {
  readonly #parts: FactorParts;
  readonly #oidc: Oidc;
  readonly #directories: Directories;
  readonly #changes = new EventEmitter();
  readonly #known: Known;
  readonly entry: Entry;
  readonly own: OwnAccount;

  constructor({ may, patience, ...parts }: AccessOptions) {
    this.#parts = parts;
    const changed = () => this.#changed();
    this.#directories = new Directories({ parts, changed, may, patience });
    this.#oidc = new Oidc(parts, changed);
    this.#known = new Known(parts.clock);
    this.#changes.setMaxListeners(0);
    const shared = {
      parts,
      proofs: new Proofs(parts, this.#directories),
      passkeys: new Passkeys(parts, parts.title),
      directories: this.#directories,
      changed,
    };
    this.entry = new Entry({ ...shared, oidc: this.#oidc });
    this.own = new OwnAccount(shared);
  }

  /**
   * Who shows this secret; undefined where it is none that holds.
   *
   * @param remembers is it enough that he was known lately, where the store says nothing: known.ts
   */
  async identify(secret: string, { remembers = false } = {}): Promise<Actor | undefined> {
    const ask = () => (isToken(secret) ? this.#byToken(secret) : this.#bySession(secret));
    return this.#known.identify(secret, ask, remembers);
  }

  async #byToken(secret: string): Promise<Actor | undefined> {
    return this.#tokenActor(await openToken(this.#parts, secret));
  }

  #tokenActor(found: OpenedToken | undefined): Actor | undefined {
    if (!found) return undefined;
    const { token, user, role, projects = {} } = found;
    return {
      kind: "token",
      role,
      projects,
      token: { id: token.id, name: token.name },
      ...(user ? { user: { id: user.id, name: user.name } } : {}),
      ...(token.expiresAt === undefined ? {} : { expiresAt: token.expiresAt }),
    };
  }

  async #bySession(secret: string): Promise<Actor | undefined> {
    const found = await openSession(this.#parts, secret);
    return found && userActor(found.user, found.session);
  }

  /** As `identify`, of whoever showed his secret to another host of the cluster. */
  async identifyById(
    who:
      | { readonly kind: "user"; readonly user: string; readonly session: string }
      | { readonly kind: "token"; readonly token: string },
  ): Promise<Actor | undefined> {
    if (who.kind === "token") return this.#tokenActor(await openTokenById(this.#parts, who.token));
    const found = await openSessionById(this.#parts, who.user, who.session);
    return found && userActor(found.user, found.session);
  }

  /** Calls back whenever somebody may have lost what he could do; ends with the signal. */
  onChange(listener: () => void, signal: AbortSignal): void {
    this.#changes.on("change", listener);
    signal.addEventListener("abort", () => this.#changes.off("change", listener), { once: true });
  }

  /** What somebody may is another, by another host of the cluster, or since a desktop pool is for others now. */
  changedElsewhere(): void {
    this.#changed();
  }

  #changed(): void {
    this.#known.forget();
    this.#changes.emit("change");
  }

  async isAccount(name: string): Promise<boolean> {
    return (await userByName(this.#parts.store, name)) !== undefined;
  }

  async providers(): Promise<Schemas["Provider"][]> {
    return (await listProviders(this.#parts)).map(shownProvider);
  }

  /** @throws LodgeError provider.name_taken; provider.unusable, provider.unreachable, … where it cannot be used */
  async addProvider(body: Schemas["ProviderCreate"]): Promise<Schemas["Provider"]> {
    const provider = await (body.kind === "oidc"
      ? this.#oidc.compose(body)
      : this.#directories.compose(body));
    await keepProvider(this.#parts, provider);
    return shownProvider(provider);
  }

  async removeProvider(name: string): Promise<Schemas["Provider"]> {
    const provider = await removeProvider(this.#parts, name);
    this.#changed();
    return shownProvider(provider);
  }

  testProvider(name: string, person: string): Promise<Schemas["DirectoryFinding"]> {
    return this.#directories.test(name, person);
  }

  get #recheck() {
    return { parts: this.#parts, directories: this.#directories, changed: () => this.#changed() };
  }

  /** Asks the directories about those who came by them, now. */
  recheck(failed: (provider: string, error: unknown) => void): Promise<void> {
    return recheckAll(this.#recheck, failed);
  }

  /** The same every now and then, and about who is present more often, until the signal. */
  keepRechecking(
    failed: (provider: string, error: unknown) => void,
    until: { readonly present: Present; readonly signal: AbortSignal },
  ): Promise<void> {
    return keepRechecking(this.#recheck, this.#parts.clock, failed, until);
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

  /** Which groups and claims an account has; undefined where there is none. */
  async memberships(id: string): Promise<Memberships | undefined> {
    const user = await userById(this.#parts.store, id);
    return user && membershipsOf(user.value);
  }

  /** The same of whoever asks: his own, or those of the account that his token is of. */
  async membershipsOfActor(actor: Actor): Promise<Memberships | undefined> {
    return actor.kind === "host" || !actor.user ? undefined : this.memberships(actor.user.id);
  }

  async createUser(body: Schemas["UserCreate"]): Promise<Schemas["User"]> {
    return shownUser(await createUser(this.#parts, body));
  }

  async updateUser(ref: string, { role, barred, groups }: Schemas["UserUpdate"]): Promise<Schemas["User"]> {
    const user = await changeUser(this.#parts, ref, ({ barred: was, lapsed, ...old }) => ({
      ...old,
      // Whom an admin lets in again is in, until the directory is asked again.
      ...(lapsed && barred !== false ? { lapsed } : {}),
      ...(role === undefined ? {} : { role }),
      ...(groups === undefined ? {} : { groups }),
      ...((barred ?? was) ? { barred: true as const } : {}),
    }));
    if (user.barred) await endSessions(this.#parts, user.id);
    this.#changed();
    return shownUser(user);
  }

  async removeUser(ref: string): Promise<Schemas["User"]> {
    const user = await changeUser(this.#parts, ref, () => undefined);
    await endSessions(this.#parts, user.id);
    await removeTokens(this.#parts, { user: user.id });
    this.#changed();
    return shownUser(user);
  }

  /** Those with a role in a project that was granted there, by name. */
  async members(project: string): Promise<Schemas["Member"][]> {
    return (await listUsers(this.#parts)).flatMap(({ value }) => shownMember(value, project) ?? []);
  }

  /** @throws LodgeError user.not_found, project.not_found */
  async grant(project: string, { user, role }: Schemas["MemberGrant"]): Promise<Schemas["Member"]> {
    const changed = await changeUser(this.#parts, user, (old) => withRole(old, project, role), project);
    this.#changed();
    return shownMember(changed, project)!;
  }

  /** @throws LodgeError user.not_found, project.no_member */
  async revoke(project: string, ref: string): Promise<Schemas["Member"]> {
    const { value } = await findUser(this.#parts.store, ref);
    const member = shownMember(value, project);
    if (!member) throw new LodgeError("project.no_member", { user: value.name, project });
    await changeUser(this.#parts, value.id, (old) => withRole(old, project, undefined));
    this.#changed();
    return member;
  }

  /** A project is removed: nobody has a role in another that will have its name. */
  async forgetProject(project: string): Promise<void> {
    for (const { value } of await listUsers(this.#parts))
      if (shownMember(value, project))
        await changeUser(this.#parts, value.id, (old) => withRole(old, project, undefined));
    await removeTokens(this.#parts, { project });
    this.#changed();
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
    const { name, project, seconds } = body;
    const most = project === undefined ? highestRole(actor) : (roleIn(actor, project) ?? "none");
    const role = body.role ?? most;
    if (role !== "none" && !allows(most, role))
      throw new LodgeError("access.forbidden", { needed: role, role: most });
    const owner = actor.kind === "user" ? actor.user : undefined;
    const { record, secret } = await createToken(this.#parts, {
      name,
      role,
      project,
      user: owner?.id,
      seconds,
    });
    return { ...shownToken(record, owner?.name), secret };
  }

  async removeToken(actor: Actor, ref: string): Promise<Schemas["Token"]> {
    const token = await removeToken(this.#parts, ref, await this.#owner(actor, undefined));
    this.#changed();
    const user = token.user === undefined ? undefined : await userById(this.#parts.store, token.user);
    return shownToken(token, user?.value.name);
  }
}

const shownMade = ({ code, link, user }: MadeLink): LinkMade => ({ ...shownLink(link, user), code });
