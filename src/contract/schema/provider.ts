/** Providers of sign-ins: OpenID Connect, and directories that speak LDAP. */
import { Type, type Static } from "./type.ts";
import { Code, GlobalRole, GroupName, UserName } from "./access.ts";

const strict = { additionalProperties: false } as const;

const issuer = Type.String({
  pattern: "^(https:|http:(?=//(localhost|127\\.0\\.0\\.1|\\[::1\\])[:/]))//",
  maxLength: 512,
  description: "Its address, which begins with https://, or with http:// where it is on this host itself.",
  examples: ["https://id.example.com"],
});

const title = Type.String({ minLength: 1, maxLength: 64, description: "What people know it by." });
const secret = Type.Optional(Type.String({ minLength: 1, maxLength: 1024 }));
const Require = Type.Array(Type.String({ pattern: "^[^=]+=.+$", maxLength: 256 }), {
  maxItems: 20,
  description: "CLAIM=VALUE: all of them have to be in the ID token.",
});

const ofEach = {
  name: UserName,
  role: Type.Optional(GlobalRole),
};

const ofOpenId = {
  kind: Type.Literal("oidc"),
  issuer,
  clientId: Type.String({ minLength: 1, maxLength: 256 }),
  groupsClaim: Type.Optional(
    Type.String({ minLength: 1, maxLength: 256, description: "Where it names groups, if not in 'groups'." }),
  ),
};

const DistinguishedName = Type.String({
  minLength: 1,
  maxLength: 512,
  examples: ["dc=example,dc=com"],
});
const Filter = Type.String({ pattern: "^\\(.*\\)$", maxLength: 1024 });

const Groups = Type.Array(GroupName, {
  maxItems: 20,
  description: "Somebody has to be in all of them.",
});

const ofDirectory = {
  kind: Type.Union([Type.Literal("ldap"), Type.Literal("active-directory")]),
  urls: Type.Array(
    Type.String({
      pattern: "^ldaps?://([A-Za-z0-9._-]+|\\[[0-9a-fA-F:.]+\\])(:[0-9]{1,5})?/?$",
      maxLength: 256,
      examples: ["ldaps://dc1.example.com"],
    }),
    {
      minItems: 1,
      maxItems: 8,
      description: "Servers that all have it; the next is asked where one does not answer.",
    },
  ),
  base: DistinguishedName,
  bindDn: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 512,
      description: "Who reads it; without, nobody in particular.",
    }),
  ),
  groupsBase: Type.Optional(DistinguishedName),
  ca: Type.Optional(
    Type.String({ maxLength: 65_536, description: "PEM: the authorities that its certificate may be of." }),
  ),
};
const userFilter = { ...Filter, description: "{name} in it is what somebody types." };
const groupFilter = { ...Filter, description: "{dn} and {name} in it are the account's." };
const startTls = Type.Boolean({ description: "What begins in plain goes on under TLS." });

export const Provider = Type.Union([
  Type.Object({ ...ofEach, ...ofOpenId, title, require: Require }),
  Type.Object({ ...ofEach, ...ofDirectory, title, userFilter, groupFilter, startTls, requireGroups: Groups }),
]);
export type Provider = Static<typeof Provider>;

export const ProviderCreate = Type.Union([
  Type.Object(
    { ...ofEach, ...ofOpenId, title: Type.Optional(title), secret, require: Type.Optional(Require) },
    strict,
  ),
  Type.Object(
    {
      ...ofEach,
      ...ofDirectory,
      title: Type.Optional(title),
      secret,
      userFilter: Type.Optional(userFilter),
      groupFilter: Type.Optional(groupFilter),
      startTls: Type.Optional(startTls),
      requireGroups: Type.Optional(Groups),
    },
    strict,
  ),
]);
export type ProviderCreate = Static<typeof ProviderCreate>;

export const ProviderTest = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 256, description: "As the person would type it." }) },
  strict,
);

export const DirectoryFinding = Type.Object({
  server: Type.String({ description: "Which of its servers answered." }),
  dn: Type.String(),
  login: Type.String({ description: "What the directory calls the person." }),
  groups: Type.Array(Type.String()),
  account: Type.Optional(Type.String({ description: "The account here; none: it would be made." })),
  role: Type.Optional(GlobalRole),
  refusal: Type.Optional(Type.String({ description: "Why the person would not get in." })),
});
export type DirectoryFinding = Static<typeof DirectoryFinding>;

export const OidcBegun = Type.Object({
  url: Type.String({ description: "Where the browser goes now; it comes back to '/', with a query." }),
  handle: Type.String({ description: "To be kept by the page until then, and shown with the query." }),
});
export type OidcBegun = Static<typeof OidcBegun>;

export const OidcSignIn = Type.Object(
  { handle: Code, query: Type.String({ maxLength: 8192, description: "location.search, as it came back." }) },
  strict,
);
export type OidcSignIn = Static<typeof OidcSignIn>;
