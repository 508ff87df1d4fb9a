/** Providers of sign-ins (OpenID Connect). */
import type { Route } from "../route.ts";

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
    errors: ["provider.name_taken", "provider.unusable"],
  },
  providerDelete: {
    method: "DELETE",
    path: "/v1/providers/:provider",
    permission: "admin",
    summary: "Remove a provider; accounts that came by it stay",
    returns: "Provider",
    errors: ["provider.not_found"],
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
