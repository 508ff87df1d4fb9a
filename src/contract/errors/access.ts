import type { CatalogueEntry } from "./entry.ts";

/** Errors of signing in and of what one may do. */
export const accessErrors = {
  "access.sign_in_failed": {
    status: 401,
    message: "The name or the password is wrong.",
    hint: "Try again; at the host, 'lodge user reset NAME' makes a link to choose a new password.",
  },
  "access.code_needed": {
    status: 401,
    message: "This account also asks for a code.",
    hint: "Give the code that the authenticator app shows, or one of those on paper.",
  },
  "access.code_wrong": {
    status: 401,
    message: "The code is wrong, or was used already.",
    hint: "Wait for the next one. If the app is gone: 'lodge user reset NAME --drop-second-factor' at the host.",
  },
  "access.factor_there": {
    status: 409,
    message: "This account has an authenticator app already.",
    hint: "Remove that one first.",
  },
  "access.factor_not_begun": {
    status: 409,
    message: "No app was begun with in the last ten minutes.",
    hint: "Begin anew, and have the app read the new secret.",
  },
  "access.passkey_refused": {
    status: 401,
    message: "This passkey was not accepted.",
    hint: "Sign in in another way; a passkey counts at the name at which it was made.",
  },
  "access.passkey_name": {
    status: 422,
    message: "Passkeys need a name, and this page was opened by an address.",
    hint: "Open Lodge by the host's name or, on the host itself, as localhost in place of 127.0.0.1.",
  },
  "access.provider_refused": {
    status: 401,
    message: "The sign-in with {provider} was not accepted: {reason}.",
    hint: "Begin it again; if that does not help, ask an admin.",
  },
  "access.provider_failed": {
    status: 502,
    message: "{provider} cannot be asked who this is.",
    hint: "Try again later. An admin: 'lodge provider ls' has its address, which this host has to reach.",
  },
  "access.password_elsewhere": {
    status: 409,
    message: "The password of this account is kept by {provider}.",
    hint: "Change it there; it counts here at once.",
  },
  "access.too_many_attempts": {
    status: 429,
    message: "There were too many failed attempts to sign in.",
    hint: "Try again in {seconds} s; at the host, 'lodge user reset NAME' lets you in at once.",
  },
  "access.link_void": {
    status: 410,
    message: "This link was used already, has expired, or never was one.",
    hint: "At the host, 'lodge sign-in-link' makes another, for an account that exists 'lodge user reset NAME'.",
  },
  "access.password_weak": {
    status: 422,
    message: "This password is too easy to guess: {reason}.",
    hint: "Choose another, such as four words that have nothing to do with each other.",
  },
  "access.forbidden": {
    status: 403,
    message: "This needs the role {needed}, and yours here is {role}.",
    hint: "Ask an admin; 'lodge project grant' gives a role in one project, 'lodge user set NAME --role ROLE' in all.",
  },
  "access.session_needed": {
    status: 403,
    message: "Only a person who is signed in can do this.",
    hint: "Do it in the web interface; at the host, 'lodge user' has commands for admins.",
  },
  "access.origin_refused": {
    status: 403,
    message: "The request came from a page that is not Lodge's own.",
    hint: "Open Lodge at the address it printed. Programs use a token: 'lodge token create NAME'.",
  },
  "access.certificate_unusable": {
    status: 422,
    message: "The certificate {path} cannot be used: {reason}.",
    hint: "Give --cert and --key files in PEM, or neither: Lodge then makes its own.",
  },
} as const satisfies Record<string, CatalogueEntry>;
