/**
 * Passkeys (WebAuthn level 3): a key pair that a person's device keeps, for one name of this server. The device
 * asks for a finger or a number itself, so that a passkey is both factors at once.
 *
 *   browser                                     here
 *     | --- begin ----------------------------> |  a challenge, good once within five minutes
 *     | <-- options, with the challenge ------- |
 *     |  (the device signs)                     |
 *     | --- response -------------------------> |  challenge, origin, name and signature are checked
 */
import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Origin } from "./actor.ts";
import { findUser, iso, userById, type AccessParts, type UserRecord } from "./record.ts";
import { changeUser } from "./users.ts";

export interface PasskeyRecord {
  /** The credential's id, in base64url as is its public key (COSE). */
  readonly id: string;
  readonly publicKey: string;
  readonly counter: number;
  /** What its owner calls it. */
  readonly name: string;
  /** The server's name that it is for. */
  readonly site: string;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
}

interface Challenge {
  /** Who registers; none: somebody signs in. */
  readonly user?: string;
  readonly site: string;
  readonly expiresAt: number;
}

const patience = 300_000;
const mostChallenges = 10_000;
const mostPasskeys = 20;

/** Loaded with the first passkey: it is large. */
const library = () => import("@simplewebauthn/server");

export class Passkeys {
  readonly #parts: AccessParts;
  readonly #title: string;
  readonly #challenges = new Map<string, Challenge>();

  constructor(parts: AccessParts, title: string) {
    this.#parts = parts;
    this.#title = title;
  }

  #challenge(site: string, user?: string): string {
    const challenge = randomBytes(32).toString("base64url");
    const expiresAt = this.#parts.clock.now() + patience;
    this.#challenges.set(challenge, { site, expiresAt, ...(user === undefined ? {} : { user }) });
    const [oldest] = this.#challenges.keys();
    if (this.#challenges.size > mostChallenges && oldest !== undefined) this.#challenges.delete(oldest);
    return challenge;
  }

  /** Takes a challenge back, if it was given for this. */
  #spend(challenge: string, site: string, user?: string): boolean {
    const found = this.#challenges.get(challenge);
    this.#challenges.delete(challenge);
    return found?.site === site && found.user === user && found.expiresAt > this.#parts.clock.now();
  }

  /** What a browser needs to make one. @throws LodgeError access.passkey_name */
  async beginRegistration(id: string, origin: Origin): Promise<object> {
    const { name: site } = siteOf(origin);
    const { value: user } = await findUser(this.#parts.store, id);
    const { generateRegistrationOptions } = await library();
    return generateRegistrationOptions({
      rpName: this.#title,
      rpID: site,
      userName: user.name,
      userID: new TextEncoder().encode(user.id),
      challenge: Buffer.from(this.#challenge(site, user.id), "base64url"),
      attestationType: "none",
      excludeCredentials: (user.passkeys ?? [])
        .filter((each) => each.site === site)
        .map(({ id }) => ({ id })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    });
  }

  /** @throws LodgeError access.passkey_refused, access.passkey_name */
  async register(
    id: string,
    { name, response }: Schemas["PasskeyAdd"],
    origin: Origin,
  ): Promise<Schemas["Passkey"]> {
    const { name: site, page } = siteOf(origin);
    const { verifyRegistrationResponse } = await library();
    const { registrationInfo: info } = await refusing(() =>
      verifyRegistrationResponse({
        response: response as unknown as RegistrationResponseJSON,
        expectedChallenge: (challenge) => this.#spend(challenge, site, id),
        expectedOrigin: page,
        expectedRPID: site,
        requireUserVerification: true,
      }),
    );
    if (!info) throw new LodgeError("access.passkey_refused");
    const made: PasskeyRecord = {
      id: info.credential.id,
      publicKey: Buffer.from(info.credential.publicKey).toString("base64url"),
      counter: info.credential.counter,
      name,
      site,
      createdAt: this.#parts.clock.now(),
    };
    await changeUser(this.#parts, id, (user) => {
      const others = (user.passkeys ?? []).filter((each) => each.id !== made.id);
      if (others.length >= mostPasskeys) throw new LodgeError("access.passkey_refused");
      return { ...user, passkeys: [...others, made] };
    });
    return shownPasskey(made);
  }

  /** What a browser needs to sign somebody in whom it knows. @throws LodgeError access.passkey_name */
  async beginSignIn(origin: Origin): Promise<object> {
    const { name: site } = siteOf(origin);
    const { generateAuthenticationOptions } = await library();
    return generateAuthenticationOptions({
      rpID: site,
      challenge: Buffer.from(this.#challenge(site), "base64url"),
      userVerification: "required",
    });
  }

  /** Whose passkey this is. @throws LodgeError access.passkey_refused, access.passkey_name */
  async signIn({ response }: Schemas["PasskeySignIn"], origin: Origin): Promise<UserRecord> {
    const { name: site, page } = siteOf(origin);
    const given = response as unknown as AuthenticationResponseJSON;
    const id = Buffer.from(given.response.userHandle ?? "", "base64url").toString();
    const user = /^u\w+$/.test(id) ? (await userById(this.#parts.store, id))?.value : undefined;
    const passkey = user?.passkeys?.find((each) => each.id === given.id && each.site === site);
    if (!user || user.barred || !passkey) throw new LodgeError("access.passkey_refused");
    const { verifyAuthenticationResponse } = await library();
    const { verified, authenticationInfo: info } = await refusing(() =>
      verifyAuthenticationResponse({
        response: given,
        expectedChallenge: (challenge) => this.#spend(challenge, site),
        expectedOrigin: page,
        expectedRPID: site,
        requireUserVerification: true,
        credential: {
          id: passkey.id,
          publicKey: new Uint8Array(Buffer.from(passkey.publicKey, "base64url")),
          counter: passkey.counter,
        },
      }),
    );
    if (!verified) throw new LodgeError("access.passkey_refused");
    const used = { counter: info.newCounter, lastUsedAt: this.#parts.clock.now() };
    return changeUser(this.#parts, user.id, (now) => ({
      ...now,
      passkeys: (now.passkeys ?? []).map((each) => (each.id === passkey.id ? { ...each, ...used } : each)),
    }));
  }

  async list(id: string): Promise<Schemas["Passkey"][]> {
    return ((await findUser(this.#parts.store, id)).value.passkeys ?? []).map(shownPasskey);
  }

  /** @throws LodgeError passkey.not_found */
  async remove(id: string, passkey: string): Promise<Schemas["Passkey"]> {
    const found = (await this.list(id)).find((each) => each.id === passkey);
    if (!found) throw new LodgeError("passkey.not_found", { passkey });
    await changeUser(this.#parts, id, (user) => ({
      ...user,
      passkeys: (user.passkeys ?? []).filter((each) => shownPasskey(each).id !== passkey),
    }));
    return found;
  }
}

/** Its id in paths: credentials' own begin with any letter of base64url, and are long. */
const shownPasskey = ({ id, name, site, createdAt, lastUsedAt }: PasskeyRecord): Schemas["Passkey"] => ({
  id: `p${Buffer.from(id, "base64url").subarray(0, 16).toString("hex")}`,
  name,
  site,
  createdAt: iso(createdAt),
  ...(lastUsedAt === undefined ? {} : { lastUsedAt: iso(lastUsedAt) }),
});

/** The name that a passkey is for: browsers make none for an address. @throws LodgeError access.passkey_name */
function siteOf({ page }: Origin): { name: string; page: string } {
  const url = page === undefined ? undefined : URL.parse(page);
  if (!url || page === undefined || isIP(url.hostname.replace(/^\[|\]$/g, "")) !== 0)
    throw new LodgeError("access.passkey_name");
  return { name: url.hostname, page: url.origin };
}

/** What the library finds wrong with a response is the browser's or somebody's between. */
async function refusing<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (cause) {
    throw new LodgeError("access.passkey_refused", {}, { cause });
  }
}
