/** Passkeys: the browser's own part of WebAuthn (level 3, with its JSON forms), between two calls. */
import type { Schemas } from "#contract/schemas";
import { call } from "./api.ts";
import type { Identity } from "./session.tsx";

/** Can this browser do it, and is this page one where it may? */
export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential !== "undefined" &&
  typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function";

type Answer = Schemas["PasskeySignIn"]["response"];

/** Resolves to undefined where the person changed their mind. */
async function ask(work: () => Promise<Credential | null>): Promise<Answer | undefined> {
  try {
    const credential = await work();
    return credential instanceof PublicKeyCredential ? (credential.toJSON() as Answer) : undefined;
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotAllowedError") return undefined;
    throw error;
  }
}

export async function enterWithPasskey(): Promise<Identity | undefined> {
  const options = await call("passkeyEnter");
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  const response = await ask(() => navigator.credentials.get({ publicKey }));
  return response && call("passkeySignIn", { body: { response } });
}

export async function addPasskey(name: string, password: string): Promise<Schemas["Passkey"] | undefined> {
  const options = await call("passkeyBegin", { body: { password } });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  const response = await ask(() => navigator.credentials.create({ publicKey }));
  return response && call("passkeyAdd", { body: { name, response } });
}
