import type { CallName } from "#contract/call";
import type { Schemas } from "#contract/schemas";
import type { Handlers } from "./handler.ts";
import type { AccessService } from "./services.ts";

type PasskeyRoute = Extract<CallName, `passkey${string}`>;
type Options = Schemas["PasskeyOptions"];

export const passkeyHandlers = (access: AccessService): Handlers<PasskeyRoute> => ({
  passkeyEnter: async ({ origin }) => (await access.entry.beginPasskey(origin)) as Options,
  async passkeySignIn({ body, origin, keepSession }) {
    const { identity, ...session } = await access.entry.signInWithPasskey(body, origin);
    keepSession({ ...session, user: identity.user });
    return identity;
  },
  passkeyList: ({ actor }) => access.own.passkeys(actor),
  passkeyBegin: async ({ actor, body, origin }) =>
    (await access.own.beginNewPasskey(actor, body, origin)) as Options,
  passkeyAdd: ({ actor, body, origin }) => access.own.addPasskey(actor, body, origin),
  passkeyRemove: ({ actor, params }) => access.own.removePasskey(actor, params.passkey),
});
