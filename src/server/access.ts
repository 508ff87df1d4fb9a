import type { CallName } from "#contract/call";
import type { Schemas } from "#contract/schemas";
import type { Handlers } from "./handler.ts";
import type { AccessService } from "./services.ts";

type AccessRoute = Extract<
  CallName,
  `session${string}` | `totp${string}` | `user${string}` | `token${string}` | "signInLink"
>;

/** `origins`: where browsers find this server, such as "http://127.0.0.1:7070". */
export const accessHandlers = (
  access: AccessService,
  origins: () => readonly string[],
): Handlers<AccessRoute> => {
  const withUrls = (link: Omit<Schemas["MadeLink"], "urls">): Schemas["MadeLink"] => ({
    ...link,
    urls: origins().map((origin) => `${origin}/#/welcome?code=${link.code}`),
  });
  return {
    sessionOptions: () => access.options(),
    async sessionCreate({ body, origin, keepSession }) {
      const { identity, ...session } = await access.signIn(body, origin);
      keepSession({ ...session, user: identity.user });
      return identity;
    },
    sessionLink: ({ body, origin }) => access.link(body.code, origin),
    async sessionRedeem({ body, origin, keepSession }) {
      const { identity, ...session } = await access.redeem(body, origin);
      keepSession({ ...session, user: identity.user });
      return identity;
    },
    sessionGet: async ({ actor }) => access.identity(actor),
    async sessionDelete({ actor, keepSession }) {
      const identity = await access.signOut(actor);
      keepSession(undefined);
      return identity;
    },
    sessionPassword: ({ actor, body, origin }) => access.changePassword(actor, body, origin),
    totpBegin: ({ actor, body, origin }) => access.beginTotp(actor, body, origin),
    totpConfirm: ({ actor, body }) => access.confirmTotp(actor, body),
    totpRemove: ({ actor, body, origin }) => access.removeTotp(actor, body, origin),
    sessionList: ({ actor, query }) => access.sessions(actor, query),
    sessionEnd: ({ actor, params }) => access.endSession(actor, params.session),

    userList: () => access.users(),
    userGet: ({ params }) => access.user(params.user),
    userCreate: ({ body }) => access.createUser(body),
    userUpdate: ({ params, body }) => access.updateUser(params.user, body),
    userDelete: ({ params }) => access.removeUser(params.user),
    userReset: async ({ params, body }) => withUrls(await access.resetLink(params.user, body)),
    signInLink: async () => withUrls(await access.adminLink()),

    tokenList: ({ actor, query }) => access.tokens(actor, query),
    tokenCreate: ({ actor, body }) => access.createToken(actor, body),
    tokenDelete: ({ actor, params }) => access.removeToken(actor, params.token),
  };
};
