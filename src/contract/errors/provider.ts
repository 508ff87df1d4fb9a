import type { CatalogueEntry } from "./entry.ts";

/** Errors of providers of sign-ins. */
export const providerErrors = {
  "provider.not_found": {
    status: 404,
    message: "There is no provider {provider} to sign in with.",
    hint: "'lodge provider ls' lists them.",
  },
  "provider.unusable": {
    status: 422,
    message: "{issuer} cannot be used to sign in with: {reason}.",
    hint: "Check the issuer: ISSUER/.well-known/openid-configuration has to answer to this host, and name ISSUER.",
  },
  "provider.plain": {
    status: 422,
    message: "Passwords would go to {address} without encryption.",
    hint: "Use ldaps://, or have it switch to TLS with --start-tls; plain ldap:// is for this host itself.",
  },
  "provider.filter_unusable": {
    status: 422,
    message: "{filter} is no search filter for this: {reason}.",
    hint: "Write it as in RFC 4515, with 'name' in braces where the name goes; 'lodge provider add --help' has one.",
  },
  "provider.unreachable": {
    status: 502,
    message: "The directory at {address} does not answer: {reason}.",
    hint: "Check address and port, and that this host reaches it; ldaps:// usually is port 636, ldap:// port 389.",
  },
  "provider.untrusted": {
    status: 502,
    message: "The certificate of {address} is not trusted: {reason}.",
    hint: "Add it anew with --ca FILE, the directory's own authority in PEM, and by the name in its certificate.",
  },
  "provider.tls_declined": {
    status: 502,
    message: "The directory at {address} does not switch to TLS: {reason}.",
    hint: "Use ldaps:// in place of --start-tls, or give the directory a certificate.",
  },
  "provider.bind_refused": {
    status: 502,
    message: "The directory at {address} does not let {who} read it: {reason}.",
    hint: "Check --bind-dn and its password by adding the provider anew; many directories want one.",
  },
  "provider.base_not_found": {
    status: 502,
    message: "The directory at {address} has nothing at {base} that can be read.",
    hint: "Check --base and --groups-base, and what the account of --bind-dn may read.",
  },
  "provider.ambiguous": {
    status: 409,
    message: "{provider} has several entries for {name}.",
    hint: "Have --user-filter fit one of them, or --base lead to one part of the directory.",
  },
  "provider.person_not_found": {
    status: 404,
    message: "{provider} has no entry for {name}.",
    hint: "Check the name, and what --base and --user-filter of the provider leave out: 'lodge provider ls'.",
  },
  "provider.no_directory": {
    status: 409,
    message: "{provider} is no directory that could be asked about somebody.",
    hint: "Sign in with it to try it: it says of a person what that person lets it say.",
  },
  "provider.name_taken": {
    status: 409,
    message: "There is a provider {name} already.",
    hint: "Choose another name, or remove that one with 'lodge provider rm {name}'.",
  },
} as const satisfies Record<string, CatalogueEntry>;
