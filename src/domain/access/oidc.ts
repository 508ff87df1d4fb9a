/**
 * Signing in through somebody else's accounts (OpenID Connect Core 1.0: code flow with PKCE).
 *
 *   page                      here                         provider
 *     | --- begin -------------> |                            |
 *     | <-- url, handle -------- |  state, nonce, verifier kept under the handle, for ten minutes, once
 *     | ---------------------- goes to url -----------------> |
 *     | <------------------ comes back with ?code&state ----- |
 *     | --- handle, query -----> | --- code, verifier ------> |
 *     |                          | <-- signed ID token ------ |
 *     | <-- session ------------ |
 *
 * The page keeps the handle, and nobody else knows it: an answer of the provider that somebody slips to another's
 * browser opens nothing there.
 */
import type { Configuration } from "openid-client";
import { newId } from "#base/ids";
import { LodgeError, hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { openSecret, sealSecret } from "#durable/store/seal";
import type { Origin } from "./actor.ts";
import { toldByToken, valuesOf } from "./memberships.ts";
import { nameKey, read, readAll, userByName, userKey, type Identity, type UserRecord } from "./record.ts";
import { digestOf, newSecret } from "./secret.ts";
import type { FactorParts } from "./second-factor.ts";
import { changeUser, listUsers, newUser } from "./users.ts";

export interface ProviderRecord {
  readonly name: string;
  readonly title: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Sealed. */
  readonly secret?: string;
  /** The role of accounts that are made at a first sign-in; none: accounts are not made. */
  readonly role?: UserRecord["role"];
  /** Where an ID token names groups, if not in "groups". */
  readonly groupsClaim?: string;
  /** "claim=value": an ID token has to have all of them. */
  readonly require: readonly string[];
}

interface Begun {
  readonly provider: string;
  readonly redirect: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly expiresAt: number;
}

const prefix = "access/providers/";
const patience = 600_000;
const mostBegun = 1_000;

/** Loaded with the first sign-in of this kind. */
const library = () => import("openid-client");

export const listProviders = async ({ store }: FactorParts): Promise<ProviderRecord[]> =>
  (await readAll<ProviderRecord>(store, prefix)).map(({ value }) => value);

export const shownProvider = ({ secret: _secret, ...provider }: ProviderRecord): Schemas["Provider"] => ({
  ...provider,
  require: [...provider.require],
});

export class Oidc {
  readonly #parts: FactorParts;
  readonly #begun = new Map<string, Begun>();

  constructor(parts: FactorParts) {
    this.#parts = parts;
  }

  /** @throws LodgeError provider.name_taken; provider.unusable where it cannot be reached or is somebody else */
  async add({ secret, ...given }: Schemas["ProviderCreate"]): Promise<Schemas["Provider"]> {
    const { store, key } = this.#parts;
    const place = prefix + given.name;
    const provider: ProviderRecord = {
      ...given,
      title: given.title ?? given.name,
      require: given.require ?? [],
      ...(secret === undefined ? {} : { secret: sealSecret(key, secret, place) }),
    };
    await this.#configuration(provider).catch((error: unknown) => {
      throw new LodgeError(
        "provider.unusable",
        { issuer: given.issuer, reason: innermost(error) },
        { cause: error },
      );
    });
    try {
      await store.transact({
        compare: [{ key: place, revision: "absent" }],
        put: [{ key: place, value: provider }],
      });
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
      throw new LodgeError("provider.name_taken", { name: given.name }, { cause: error });
    }
    return shownProvider(provider);
  }

  /** @throws LodgeError provider.not_found */
  async find(name: string): Promise<ProviderRecord> {
    const found = await read<ProviderRecord>(this.#parts.store, prefix + name);
    if (!found) throw new LodgeError("provider.not_found", { provider: name });
    return found.value;
  }

  async remove(name: string): Promise<Schemas["Provider"]> {
    const provider = await this.find(name);
    await this.#parts.store.transact({ delete: [prefix + name] });
    // Nobody stands by what it said any more, least of all another one of its name.
    for (const { value } of await listUsers(this.#parts))
      if (value.told?.provider === name)
        await changeUser(this.#parts, value.id, ({ told: _, ...user }) => user);
    return shownProvider(provider);
  }

  async #configuration(provider: ProviderRecord): Promise<Configuration> {
    const { discovery, allowInsecureRequests } = await library();
    const issuer = new URL(provider.issuer);
    const secret = provider.secret && openSecret(this.#parts.key, provider.secret, prefix + provider.name);
    const plain = issuer.protocol === "http:" ? { execute: [allowInsecureRequests] } : {};
    return failing(provider, () => discovery(issuer, provider.clientId, secret, undefined, plain));
  }

  /** Where to send the browser. @throws LodgeError provider.not_found, access.provider_failed */
  async begin(name: string, { page = "" }: Origin): Promise<Schemas["OidcBegun"]> {
    const provider = await this.find(name);
    const configuration = await this.#configuration(provider);
    const client = await library();
    const begun: Begun = {
      provider: name,
      redirect: `${page}/`,
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
      expiresAt: this.#parts.clock.now() + patience,
    };
    const handle = newSecret();
    this.#begun.set(digestOf(handle), begun);
    const [oldest] = this.#begun.keys();
    if (this.#begun.size > mostBegun && oldest !== undefined) this.#begun.delete(oldest);
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: begun.redirect,
      scope: "openid profile email",
      state: begun.state,
      nonce: begun.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: "S256",
    });
    return { url: url.href, handle };
  }

  /**
   * Whose account this is; at a first sign-in it is made, where the provider's accounts are let in.
   *
   * @throws LodgeError access.provider_refused, access.provider_failed
   */
  async finish(name: string, { handle, query }: Schemas["OidcSignIn"]): Promise<UserRecord> {
    const begun = this.#begun.get(digestOf(handle));
    this.#begun.delete(digestOf(handle));
    const provider = await this.find(name);
    const refuse = (reason: string, cause?: unknown) =>
      new LodgeError("access.provider_refused", { provider: provider.title, reason }, { cause });
    if (begun?.provider !== name || begun.expiresAt <= this.#parts.clock.now())
      throw refuse("it was not begun on this page, or too long ago");
    const configuration = await this.#configuration(provider);
    const client = await library();
    const back = new URL(`${begun.redirect}?${query.replace(/^\?/, "")}`);
    const tokens = await client
      .authorizationCodeGrant(configuration, back, {
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        pkceCodeVerifier: begun.verifier,
        idTokenExpected: true,
      })
      .catch((cause: unknown) => {
        throw refuse("what it answered does not hold", cause);
      });
    const claims = tokens.claims();
    if (!claims) throw refuse("it did not say who this is");
    const lacking = provider.require.find((needed) => !holds(claims, needed));
    if (lacking !== undefined) throw refuse(`${lacking} is required`);
    const user = await this.#account(provider, { issuer: claims.iss, subject: claims.sub }, claims);
    if (!user) throw refuse("you have no account here, and none is made");
    if (user.barred) throw refuse("your account here is barred");
    const told = toldByToken(name, claims, provider.groupsClaim ?? "groups", this.#parts.clock.now());
    return changeUser(this.#parts, user.id, (now) => ({ ...now, told }));
  }

  async #account(
    provider: ProviderRecord,
    identity: Identity,
    claims: Readonly<Record<string, unknown>>,
  ): Promise<UserRecord | undefined> {
    const known = (await listUsers(this.#parts)).find(({ value }) =>
      value.identities?.some(
        ({ issuer, subject }) => issuer === identity.issuer && subject === identity.subject,
      ),
    );
    if (known || !provider.role) return known?.value;
    const made = await this.#make(provider.role, identity, claims);
    // The name was taken meanwhile, perhaps by the same person on another page.
    return made ?? this.#account(provider, identity, claims);
  }

  /** Undefined where somebody was faster. */
  async #make(
    role: UserRecord["role"],
    identity: Identity,
    claims: Readonly<Record<string, unknown>>,
  ): Promise<UserRecord | undefined> {
    const name = await this.#freeName(claims, identity);
    const user: UserRecord = {
      ...(await newUser(this.#parts, name, role, undefined)),
      identities: [identity],
    };
    try {
      await this.#parts.store.transact({
        compare: [{ key: nameKey(name), revision: "absent" }],
        put: [
          { key: nameKey(name), value: user.id },
          { key: userKey(user.id), value: user },
        ],
      });
    } catch (error) {
      if (hasCode(error, "store.conflict")) return undefined;
      throw error;
    }
    return user;
  }

  /** Never the name of an account that is there: a provider's word makes nobody somebody else. */
  async #freeName(claims: Readonly<Record<string, unknown>>, { subject }: Identity): Promise<string> {
    const wish = [claims["preferred_username"], claims["email"], subject].find(
      (claim): claim is string => typeof claim === "string",
    );
    const plain = (wish ?? "")
      .replace(/@.*$/, "")
      .toLowerCase()
      .replace(/[^a-z0-9._-]/g, "-")
      .slice(0, 56)
      .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
    const name = plain || "user";
    for (const free of [name, `${name}-${digestOf(subject).slice(0, 6)}`])
      if (!(await userByName(this.#parts.store, free))) return free;
    return `${name}-${newId("").slice(0, 6)}`;
  }
}

/** Has the token this claim, by itself or in a list? */
function holds(claims: Readonly<Record<string, unknown>>, needed: string): boolean {
  const cut = needed.indexOf("=");
  return valuesOf(claims[needed.slice(0, cut)]).includes(needed.slice(cut + 1));
}

/** Why, in the words of whoever met it first: the library and fetch say of it only that something failed. */
function innermost(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner.message : String(inner);
}

async function failing<T>({ title }: ProviderRecord, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new LodgeError("access.provider_failed", { provider: title }, { cause });
  }
}
