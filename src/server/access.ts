import type { CallName } from "#contract/call";
import type { Schemas } from "#contract/schemas";
import { identityOf } from "#domain/access/identity";
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
    sessionOptions: () => access.entry.options(),
    async sessionCreate({ body, origin, keepSession }) {
      const { identity, ...session } = await access.entry.signIn(body, origin);
      keepSession({ ...session, user: identity.user });
      return identity;
    },
    sessionLink: ({ body, origin }) => access.entry.link(body.code, origin),
    async sessionRedeem({ body, origin, keepSession }) {
      const { identity, ...session } = await access.entry.redeem(body, origin);
      keepSession({ ...session, user: identity.user });
      return identity;
    },
    sessionGet: async ({ actor }) => identityOf(actor),
    async sessionDelete({ actor, keepSession }) {
      const identity = await access.own.signOut(actor);
      keepSession(undefined);
      return identity;
    },
    sessionPassword: ({ actor, body, origin }) => access.own.changePassword(actor, body, origin),
    totpBegin: ({ actor, body, origin }) => access.own.beginTotp(actor, body, origin),
    totpConfirm: ({ actor, body }) => access.own.confirmTotp(actor, body),
    totpRemove: ({ actor, body, origin }) => access.own.removeTotp(actor, body, origin),
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
