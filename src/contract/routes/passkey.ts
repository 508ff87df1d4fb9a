/** Passkeys: keys that a person's devices keep (WebAuthn). */
import type { Route } from "../route.ts";

export const passkeyRoutes = {
  passkeyEnter: {
    method: "POST",
    path: "/v1/session/passkey/begin",
    permission: "anyone",
    summary: "What navigator.credentials.get() needs for a sign-in with a passkey",
    returns: "PasskeyOptions",
    errors: ["access.passkey_name", "access.too_many_attempts"],
  },
  passkeySignIn: {
    method: "POST",
    path: "/v1/session/passkey",
    permission: "anyone",
    summary: "Sign in with what navigator.credentials.get() gave",
    body: "PasskeySignIn",
    returns: "Identity",
    errors: ["access.passkey_name", "access.passkey_refused", "access.too_many_attempts"],
  },
  passkeyList: {
    method: "GET",
    path: "/v1/session/passkeys",
    permission: "self",
    summary: "List one's passkeys",
    returns: "Passkey",
    list: true,
    errors: ["access.session_needed"],
  },
  passkeyBegin: {
    method: "POST",
    path: "/v1/session/passkeys/begin",
    permission: "self",
    summary: "What navigator.credentials.create() needs for a new passkey",
    body: "PasswordProof",
    returns: "PasskeyOptions",
    errors: [
      "access.session_needed",
      "access.passkey_name",
      "access.sign_in_failed",
      "access.too_many_attempts",
    ],
  },
  passkeyAdd: {
    method: "POST",
    path: "/v1/session/passkeys",
    permission: "self",
    summary: "Keep what navigator.credentials.create() gave",
    body: "PasskeyAdd",
    returns: "Passkey",
    errors: ["access.session_needed", "access.passkey_name", "access.passkey_refused"],
  },
  passkeyRemove: {
    method: "DELETE",
    path: "/v1/session/passkeys/:passkey",
    permission: "self",
    summary: "Remove a passkey of one's own",
    returns: "Passkey",
    errors: ["access.session_needed", "passkey.not_found"],
  },
} as const satisfies Record<string, Route>;
