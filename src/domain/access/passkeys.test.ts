/** With an authenticator made of node:crypto, which does what a device does. */
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { beforeEach, test } from "node:test";
import { hasCode, type ErrorCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import { Access } from "./access.ts";
import type { UserActor } from "./actor.ts";

const password = "correct horse battery";
const page = "http://localhost:7070";
const origin = { address: "127.0.0.1", page };

const sha256 = (data: string | Uint8Array): Buffer => createHash("sha256").update(data).digest();
const base64url = (data: string | Uint8Array): string => Buffer.from(data).toString("base64url");

/** CBOR (RFC 8949) of what an authenticator writes: small numbers, bytes, texts, maps. */
function cbor(value: unknown): Buffer {
  const head = (major: number, size: number): Buffer =>
    size < 24
      ? Buffer.from([(major << 5) | size])
      : size < 256
        ? Buffer.from([(major << 5) | 24, size])
        : Buffer.from([(major << 5) | 25, size >> 8, size & 255]);
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string")
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  const map = value as Map<unknown, unknown>;
  return Buffer.concat([head(5, map.size), ...[...map].flatMap((pair) => pair.map(cbor))]);
}

class Device {
  readonly id = randomBytes(24);
  readonly #key: KeyObject;
  readonly #cose: Buffer;
  counter = 0;
  /** What the device asked its owner for: user present and verified. */
  flags = 0b101;
  user = "";

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#key = privateKey;
    const { x = "", y = "" } = publicKey.export({ format: "jwk" });
    // COSE (RFC 9053): kty EC2, alg ES256, crv P-256, x, y.
    this.#cose = cbor(
      new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, "base64url")],
        [-3, Buffer.from(y, "base64url")],
      ]),
    );
  }

  #authData(site: string, attested: boolean): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(++this.counter);
    const flags = Buffer.from([this.flags | (attested ? 0b0100_0000 : 0)]);
    const size = Buffer.from([0, this.id.length]);
    const credential = attested ? [Buffer.alloc(16), size, this.id, this.#cose] : [];
    return Buffer.concat([sha256(site), flags, counter, ...credential]);
  }

  create(options: object, at = page): Schemas["PasskeyAdd"]["response"] {
    const { challenge, rp, user } = options as {
      challenge: string;
      rp: { id: string };
      user: { id: string };
    };
    this.user = user.id;
    const attestation = new Map<string, unknown>([
      ["fmt", "none"],
      ["attStmt", new Map()],
      ["authData", this.#authData(rp.id, true)],
    ]);
    const clientDataJSON = base64url(JSON.stringify({ type: "webauthn.create", challenge, origin: at }));
    return this.#credential({ clientDataJSON, attestationObject: base64url(cbor(attestation)) });
  }

  get(options: object, at = page): Schemas["PasskeySignIn"]["response"] {
    const { challenge, rpId } = options as { challenge: string; rpId: string };
    const clientData = JSON.stringify({ type: "webauthn.get", challenge, origin: at });
    const authenticatorData = this.#authData(rpId, false);
    const signature = sign("sha256", Buffer.concat([authenticatorData, sha256(clientData)]), this.#key);
    return this.#credential({
      clientDataJSON: base64url(clientData),
      authenticatorData: base64url(authenticatorData),
      signature: base64url(signature),
      userHandle: this.user,
    });
  }

  #credential(response: { clientDataJSON: string; [field: string]: string }) {
    const id = base64url(this.id);
    return { id, rawId: id, type: "public-key" as const, response, clientExtensionResults: {} };
  }
}

let access: Access;
let clock: ManualClock;
let anna: UserActor;
let device: Device;

beforeEach(async () => {
  clock = new ManualClock();
  access = new Access({
    store: new MemoryStore({ clock }),
    clock,
    key: randomBytes(32),
    title: "Lodge test",
    hashCost: { memory: 64, passes: 1, parallelism: 1 },
  });
  const { code } = await access.adminLink();
  const { secret } = await access.entry.redeem({ code, name: "anna", password }, origin);
  anna = (await access.identify(secret)) as UserActor;
  device = new Device();
  const options = await access.own.beginNewPasskey(anna, { password }, origin);
  await access.own.addPasskey(anna, { name: "telephone", response: device.create(options) }, origin);
});

const refused = (promise: Promise<unknown>, code: ErrorCode = "access.passkey_refused") =>
  assert.rejects(promise, (error) => hasCode(error, code));
const enter = async (at = page) => ({ response: device.get(await access.entry.beginPasskey(origin), at) });

test("a passkey signs in whom it belongs to, and knows when it did", async () => {
  const { identity, secret } = await access.entry.signInWithPasskey(await enter(), origin);
  assert.equal(identity.user, "anna");
  assert.equal((await access.identify(secret))?.kind, "user");
  const [passkey] = await access.own.passkeys(anna);
  assert.deepEqual([passkey?.name, passkey?.site], ["telephone", "localhost"]);
  assert.ok(passkey?.lastUsedAt);
});

test("a response counts once, for its challenge, within five minutes", async () => {
  const response = await enter();
  await access.entry.signInWithPasskey(response, origin);
  await refused(access.entry.signInWithPasskey(response, origin));
  const late = await enter();
  clock.advance(300_000);
  await refused(access.entry.signInWithPasskey(late, origin));
  const made = device.get({ challenge: base64url(randomBytes(32)), rpId: "localhost" });
  await refused(access.entry.signInWithPasskey({ response: made }, origin));
});

test("one that was asked for by another page, for another name or by another key is refused", async () => {
  await refused(access.entry.signInWithPasskey(await enter("http://evil.example"), origin));
  const foreign = device.get({ ...(await access.entry.beginPasskey(origin)), rpId: "evil.example" });
  await refused(access.entry.signInWithPasskey({ response: foreign }, origin));
  const other = new Device();
  other.user = device.user;
  const wrongKey = other.get(await access.entry.beginPasskey(origin));
  await refused(
    access.entry.signInWithPasskey({ response: { ...wrongKey, id: base64url(device.id) } }, origin),
  );
  await refused(
    access.entry.signInWithPasskey({ response: other.get(await access.entry.beginPasskey(origin)) }, origin),
  );
});

test("a device that did not make sure of its owner is not enough, nor one whose counter went back", async () => {
  device.flags = 0b001;
  await refused(access.entry.signInWithPasskey(await enter(), origin));
  device.flags = 0b101;
  await access.entry.signInWithPasskey(await enter(), origin);
  device.counter = 0;
  await refused(access.entry.signInWithPasskey(await enter(), origin));
});

test("it ends with its removal and with its account's bar", async () => {
  await access.createUser({ name: "root2", role: "admin" });
  await access.updateUser("anna", { barred: true });
  await refused(access.entry.signInWithPasskey(await enter(), origin));
  await access.updateUser("anna", { barred: false });
  const [passkey] = await access.own.passkeys(anna);
  await refused(access.own.removePasskey(anna, "pffff"), "passkey.not_found");
  await access.own.removePasskey(anna, passkey?.id ?? "");
  await refused(access.entry.signInWithPasskey(await enter(), origin));
  assert.deepEqual(await access.own.passkeys(anna), []);
});

test("making one takes the password, a challenge of one's own, and a name of the server", async () => {
  await refused(access.own.beginNewPasskey(anna, { password: "wrong" }, origin), "access.sign_in_failed");
  const next = new Device();
  const byAddress = { ...origin, page: "http://127.0.0.1:7070" };
  await refused(access.own.beginNewPasskey(anna, { password }, byAddress), "access.passkey_name");
  const forSignIn = await access.entry.beginPasskey(origin);
  const mixed = next.create({ ...forSignIn, rp: { id: "localhost" }, user: { id: device.user } });
  await refused(access.own.addPasskey(anna, { name: "x", response: mixed }, origin));
});
