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
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { keepTold, openAccount } from "./account-elsewhere.ts";
import type { Origin } from "./actor.ts";
import { toldByToken, valuesOf } from "./memberships.ts";
import { findProvider, isDirectory, sealedFor, secretOf, type OpenIdRecord } from "./provider-record.ts";
import type { Told, UserRecord } from "./record.ts";
import { digestOf, newSecret } from "./secret.ts";
import type { FactorParts } from "./second-factor.ts";

interface Begun {
  readonly provider: string;
  readonly redirect: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly expiresAt: number;
}

const patience = 600_000;
const mostBegun = 1_000;

/** Loaded with the first sign-in of this kind. */
const library = () => import("openid-client");

export class Oidc {
  readonly #parts: FactorParts;
  readonly #changed: () => void;
  readonly #begun = new Map<string, Begun>();

  /** `changed`: told when somebody may have lost what he could do. */
  constructor(parts: FactorParts, changed: () => void) {
    this.#parts = parts;
    this.#changed = changed;
  }

  /** @throws LodgeError provider.unusable where it cannot be reached or is somebody else */
  async compose({
    secret,
    ...given
  }: Extract<Schemas["ProviderCreate"], { kind: "oidc" }>): Promise<OpenIdRecord> {
    const provider: OpenIdRecord = {
      ...given,
      title: given.title ?? given.name,
      require: given.require ?? [],
      ...(secret === undefined ? {} : { secret: sealedFor(this.#parts, given.name, secret) }),
    };
    await this.#configuration(provider).catch((error: unknown) => {
      throw new LodgeError(
        "provider.unusable",
        { issuer: given.issuer, reason: innermost(error) },
        { cause: error },
      );
    });
    return provider;
  }

  /** @throws LodgeError provider.not_found */
  async #find(name: string): Promise<OpenIdRecord> {
    const provider = await findProvider(this.#parts, name);
    if (isDirectory(provider)) throw new LodgeError("provider.not_found", { provider: name });
    return provider;
  }

  async #configuration(provider: OpenIdRecord): Promise<Configuration> {
    const { discovery, allowInsecureRequests } = await library();
    const issuer = new URL(provider.issuer);
    const secret = secretOf(this.#parts, provider);
    const plain = issuer.protocol === "http:" ? { execute: [allowInsecureRequests] } : {};
    return failing(provider, () => discovery(issuer, provider.clientId, secret, undefined, plain));
  }

  /** Where to send the browser. @throws LodgeError provider.not_found, access.provider_failed */
  async begin(name: string, { page = "" }: Origin): Promise<Schemas["OidcBegun"]> {
    const provider = await this.#find(name);
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
    const provider = await this.#find(name);
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
    const user = await openAccount(this.#parts, {
      identity: { issuer: claims.iss, subject: claims.sub },
      role: provider.role,
      wishes: [claims["preferred_username"], claims["email"]],
    });
    if (!user) throw refuse("you have no account here, and none is made");
    if (user.barred) throw refuse("your account here is barred");
    const told = toldByToken(name, claims, provider.groupsClaim ?? "groups", this.#parts.clock.now());
    const kept = await keepTold(this.#parts, user.id, told);
    if (!saysTheSame(user.told, told)) this.#changed();
    return kept;
  }
}

const saysTheSame = (before: Told | undefined, now: Told): boolean =>
  JSON.stringify([before?.groups, before?.claims]) === JSON.stringify([now.groups, now.claims]);

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

async function failing<T>({ title }: OpenIdRecord, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new LodgeError("access.provider_failed", { provider: title }, { cause });
  }
}
