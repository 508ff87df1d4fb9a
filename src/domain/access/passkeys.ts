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
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Origin } from "./actor.ts";
import {
  isShutOut,
  findUser,
  iso,
  userById,
  type AccessParts,
  type PasskeyRecord,
  type UserRecord,
} from "./record.ts";
import { changeUser } from "./users.ts";

const patience = 300_000;
const nonceBytes = 16;
const timeBytes = 6;
const mostPasskeys = 20;

/** Loaded with the first passkey: it is large. */
const library = () => import("@simplewebauthn/server");

export class Passkeys {
  readonly #parts: AccessParts;
  readonly #title: string;
  /** Challenges are known by their seal: whoever asks for many takes no room from others. */
  readonly #seal = randomBytes(32);
  /** Those that came back, and when they would have run out. */
  readonly #spent = new Map<string, number>();

  constructor(parts: AccessParts, title: string) {
    this.#parts = parts;
    this.#title = title;
  }

  /** For whoever registers or, without a user, signs in. */
  #challenge(site: string, user = ""): string {
    const head = Buffer.concat([randomBytes(nonceBytes), Buffer.alloc(timeBytes)]);
    head.writeUIntBE(this.#parts.clock.now() + patience, nonceBytes, timeBytes);
    return Buffer.concat([head, this.#sealOf(head, site, user)]).toString("base64url");
  }

  #sealOf(head: Uint8Array, site: string, user: string): Buffer {
    return createHmac("sha256", this.#seal).update(head).update(`${site}\n${user}`).digest();
  }

  /** Takes a challenge back, if it was given for this and has not come back before. */
  #spend(challenge: string, site: string, user = ""): boolean {
    const now = this.#parts.clock.now();
    const bytes = Buffer.from(challenge, "base64url");
    const head = bytes.subarray(0, nonceBytes + timeBytes);
    const seal = bytes.subarray(head.length);
    const right = this.#sealOf(head, site, user);
    if (seal.length !== right.length || !timingSafeEqual(seal, right)) return false;
    const until = head.readUIntBE(nonceBytes, timeBytes);
    const name = head.toString("hex");
    if (until <= now || this.#spent.has(name)) return false;
    for (const [old, end] of this.#spent) if (end <= now) this.#spent.delete(old);
    this.#spent.set(name, until);
    return true;
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
    if (!user || isShutOut(user) || !passkey) throw new LodgeError("access.passkey_refused");
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
