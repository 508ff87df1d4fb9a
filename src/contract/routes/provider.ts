/** Providers of sign-ins (OpenID Connect, LDAP). */
import type { Route } from "../route.ts";

const directoryErrors = [
  "provider.unreachable",
  "provider.untrusted",
  "provider.tls_declined",
  "provider.bind_refused",
  "provider.base_not_found",
  "api.address_closed",
] as const;

export const providerRoutes = {
  providerList: {
    method: "GET",
    path: "/v1/providers",
    permission: "admin",
    summary: "List providers that people can sign in with",
    returns: "Provider",
    list: true,
    errors: [],
  },
  providerCreate: {
    method: "POST",
    path: "/v1/providers",
    permission: "admin",
    summary: "Add a provider to sign in with",
    body: "ProviderCreate",
    returns: "Provider",
    errors: [
      "provider.name_taken",
      "provider.unusable",
      "provider.plain",
      "provider.filter_unusable",
      ...directoryErrors,
    ],
  },
  providerDelete: {
    method: "DELETE",
    path: "/v1/providers/:provider",
    permission: "admin",
    summary: "Remove a provider; accounts that came by it stay",
    returns: "Provider",
    errors: ["provider.not_found"],
  },
  providerTest: {
    method: "POST",
    path: "/v1/providers/:provider/test",
    permission: "admin",
    summary: "What a directory says about a person; nobody is signed in",
    body: "ProviderTest",
    returns: "DirectoryFinding",
    errors: [
      "provider.not_found",
      "provider.no_directory",
      "provider.person_not_found",
      "provider.ambiguous",
      ...directoryErrors,
    ],
  },
  oidcBegin: {
    method: "POST",
    path: "/v1/session/oidc/:provider/begin",
    permission: "anyone",
    summary: "Where to send the browser for a sign-in with a provider",
    returns: "OidcBegun",
    errors: ["provider.not_found", "access.provider_failed", "access.too_many_attempts"],
  },
  oidcSignIn: {
    method: "POST",
    path: "/v1/session/oidc/:provider",
    permission: "anyone",
    summary: "Sign in with what the provider sent the browser back with",
    body: "OidcSignIn",
    returns: "Identity",
    errors: [
      "provider.not_found",
      "access.provider_refused",
      "access.provider_failed",
      "access.too_many_attempts",
    ],
  },
} as const satisfies Record<string, Route>;
