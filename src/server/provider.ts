import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { AccessService } from "./services.ts";

type ProviderRoute = Extract<CallName, `provider${string}` | `oidc${string}`>;

export const providerHandlers = (access: AccessService): Handlers<ProviderRoute> => ({
  providerList: () => access.providers(),
  providerCreate: ({ body }) => access.addProvider(body),
  providerDelete: ({ params }) => access.removeProvider(params.provider),
  providerTest: ({ params, body }) => access.testProvider(params.provider, body.name),
  oidcBegin: ({ params, origin }) => access.entry.beginOidc(params.provider, origin),
  async oidcSignIn({ params, body, origin, keepSession }) {
    const { identity, ...session } = await access.entry.signInWithOidc(params.provider, body, origin);
    keepSession({ ...session, user: identity.user });
    return identity;
  },
});
