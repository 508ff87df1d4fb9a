/** Accounts, sessions, tokens and one-time links. */
import { Type, type Static } from "./type.ts";
import { Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

export const Role = Type.Union([Type.Literal("viewer"), Type.Literal("operator"), Type.Literal("admin")], {
  description:
    "viewer: see everything but the insides of guests; operator: make and use guests; admin: all, with accounts and the host.",
});

/** As `GlobalRole` of access.ts. */
export const GlobalRole = Type.Union([Type.Literal("none"), ...Role.anyOf], {
  description:
    "A role that counts in every project; none: only the roles that were granted in single projects.",
});

const ProjectName = Type.String({
  pattern: "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
  maxLength: 63,
  description: "The one project that it counts in.",
});

const ProjectRoles = Type.Record(ProjectName, Role, {
  description: "Roles that were granted in single projects.",
});

export const UserName = Type.String({
  pattern: "^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$",
  maxLength: 64,
  description:
    "Lower-case letters, digits, dots, hyphens and underscores, beginning and ending with a letter or digit.",
  examples: ["ops"],
});

/** Directories call groups what they like: "Domain Users". */
export const GroupName = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: "^[^\\u0000-\\u001f\\u007f]+$",
  description: "Any text without control characters.",
  examples: ["design"],
});

/** Longer ones than this are nobody's password, and hashing them would be work for nothing. */
const Password = Type.String({ minLength: 1, maxLength: 1024 });

const NewPassword = Type.String({ minLength: 1, maxLength: 1024, description: "At least 10 characters." });

/** 256 random bits in base64url. */
export const Code = Type.String({
  pattern: "^[A-Za-z0-9_-]{43}$",
  description: "The code of a one-time link.",
});

export const SignInOptions = Type.Object({
  password: Type.Boolean({ description: "With a name and a password." }),
  firstUse: Type.Boolean({ description: "There is no account yet: the link that the host shows makes one." }),
  providers: Type.Array(Type.Object({ name: Type.String(), title: Type.String() }), {
    description: "With an account that one has elsewhere.",
  }),
});
export type SignInOptions = Static<typeof SignInOptions>;

/** Six digits of an app, or a code from paper. */
const FactorCode = Type.String({
  minLength: 6,
  maxLength: 32,
  description: "An app's code, or one from paper.",
});

/** An account's name, or whatever a directory knows somebody by. */
const SignInName = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: "^[^\\u0000-\\u001f\\u007f]+$",
  description:
    "An account's name, or that of an account in a directory; PROVIDER\\NAME asks that directory alone.",
  examples: ["ops"],
});

export const SignIn = Type.Object(
  { name: SignInName, password: Password, code: Type.Optional(FactorCode) },
  strict,
);
export type SignIn = Static<typeof SignIn>;

export const LinkCode = Type.Object({ code: Code }, strict);

export const Redeem = Type.Object(
  {
    code: Code,
    name: Type.Optional(UserName),
    password: NewPassword,
    secondFactor: Type.Optional(FactorCode),
  },
  strict,
);
export type Redeem = Static<typeof Redeem>;

export const PasswordChange = Type.Object({ current: Password, password: NewPassword }, strict);
export type PasswordChange = Static<typeof PasswordChange>;

const linkFields = {
  purpose: Type.Union([Type.Literal("new-admin"), Type.Literal("reset")], {
    description: "new-admin: name and password are chosen; reset: the password of the named account.",
  }),
  user: Type.Optional(Type.String()),
  secondFactor: Type.Optional(
    Type.Boolean({ description: "Using it takes a code of the account's app as well." }),
  ),
  expiresAt: Timestamp,
};

export const Link = Type.Object(linkFields);
export type Link = Static<typeof Link>;

export const MadeLink = Type.Object({
  ...linkFields,
  code: Type.String({ description: "Shown this once." }),
  urls: Type.Array(Type.String(), {
    description: "The link at each address where the web interface is; none without --listen.",
  }),
});
export type MadeLink = Static<typeof MadeLink>;

export const Identity = Type.Object({
  kind: Type.Union([Type.Literal("user"), Type.Literal("token"), Type.Literal("host")], {
    description: "A person who is signed in, a program with a token, or whoever has the host itself.",
  }),
  user: Type.Optional(Type.String({ description: "The account that this is, or that the token is of." })),
  token: Type.Optional(Type.String({ description: "The token's name." })),
  role: GlobalRole,
  projects: Type.Optional(ProjectRoles),
  session: Type.Optional(Type.String()),
  secondFactor: Type.Optional(Type.Boolean({ description: "The person's account has one." })),
  expiresAt: Type.Optional(Timestamp),
});
export type Identity = Static<typeof Identity>;

const UserRef = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
  maxLength: 64,
  description: "A name or an id.",
});
export const OwnerQuery = Type.Object({ user: Type.Optional(UserRef) }, strict);

export const Session = Type.Object({
  id: Type.String(),
  user: Type.String(),
  how: Type.Union([
    Type.Literal("password"),
    Type.Literal("link"),
    Type.Literal("passkey"),
    Type.Literal("provider"),
  ]),
  address: Type.Optional(Type.String({ description: "Where it was begun from." })),
  agent: Type.Optional(Type.String({ description: "What the browser calls itself." })),
  createdAt: Timestamp,
  lastSeenAt: Timestamp,
  expiresAt: Timestamp,
  current: Type.Boolean({ description: "It is the one that asks." }),
});
export type Session = Static<typeof Session>;

export const User = Type.Object({
  id: Type.String(),
  name: UserName,
  role: GlobalRole,
  projects: Type.Optional(ProjectRoles),
  barred: Type.Boolean({ description: "It may not sign in, and its sessions and tokens are void." }),
  lapsed: Type.Boolean({
    description:
      "Its directory has it no more, or shuts it out: its sessions and tokens are void until that changes.",
  }),
  password: Type.Boolean({ description: "It has one." }),
  secondFactor: Type.Boolean({ description: "It is asked for an app's code as well." }),
  groups: Type.Array(GroupName, { description: "Those that it was put in here." }),
  told: Type.Optional(
    Type.Object(
      {
        provider: Type.String(),
        at: Timestamp,
        groups: Type.Array(Type.String()),
        claims: Type.Array(Type.String(), { description: "CLAIM=VALUE, of an ID token." }),
      },
      { description: "What its provider said of it last. It replaces what was said before." },
    ),
  ),
  createdAt: Timestamp,
  lastSignInAt: Type.Optional(Timestamp),
});
export type User = Static<typeof User>;

export const UserCreate = Type.Object(
  { name: UserName, role: GlobalRole, password: Type.Optional(NewPassword) },
  strict,
);
export type UserCreate = Static<typeof UserCreate>;

export const UserUpdate = Type.Object(
  {
    role: Type.Optional(GlobalRole),
    barred: Type.Optional(Type.Boolean()),
    groups: Type.Optional(
      Type.Array(GroupName, { maxItems: 100, uniqueItems: true, description: "All that it shall be in." }),
    ),
  },
  strict,
);
export type UserUpdate = Static<typeof UserUpdate>;

export const UserReset = Type.Object(
  {
    dropSecondFactor: Type.Optional(
      Type.Boolean({
        description: "For a telephone that is gone: using the link takes the second factor away.",
      }),
    ),
  },
  strict,
);
export type UserReset = Static<typeof UserReset>;

/** What a person shows again who is signed in already. */
export const PasswordProof = Type.Object({ password: Password }, strict);

export const TotpSecret = Type.Object({
  secret: Type.String({ description: "In base 32, to be typed into an app." }),
  uri: Type.String({ description: "The same for a QR code." }),
});

export const TotpCode = Type.Object({ code: FactorCode }, strict);

export const RecoveryCodes = Type.Object({
  codes: Type.Array(Type.String(), { description: "Each works once in place of an app's. Shown this once." }),
});

/** As WebAuthn's own JSON has it: what is in it is the browser's and the library's business. */
export const PasskeyOptions = Type.Object(
  { challenge: Type.String({ description: "Base64url; good once, for five minutes." }) },
  { additionalProperties: true },
);

const credential = Type.Object(
  {
    id: Type.String({ maxLength: 2048 }),
    rawId: Type.String({ maxLength: 2048 }),
    type: Type.Literal("public-key"),
    response: Type.Object(
      {
        clientDataJSON: Type.String({ maxLength: 16_384 }),
        userHandle: Type.Optional(Type.String({ maxLength: 128 })),
      },
      { additionalProperties: true },
    ),
  },
  { additionalProperties: true, description: "The credential's toJSON()." },
);

export const PasskeySignIn = Type.Object({ response: credential }, strict);
export type PasskeySignIn = Static<typeof PasskeySignIn>;

export const PasskeyAdd = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64, description: "What its owner calls it." }),
    response: credential,
  },
  strict,
);
export type PasskeyAdd = Static<typeof PasskeyAdd>;

export const Passkey = Type.Object({
  id: Type.String(),
  name: Type.String(),
  site: Type.String({ description: "The name of this server that it counts at." }),
  createdAt: Timestamp,
  lastUsedAt: Type.Optional(Timestamp),
});
export type Passkey = Static<typeof Passkey>;

export const OutboundRules = Type.Object(
  {
    allow: Type.Array(Type.String({ maxLength: 64 }), {
      maxItems: 100,
      description: "Networks and addresses that are open though they are this computer's or link-local.",
      examples: [["127.0.0.1", "10.77.3.0/24"]],
    }),
  },
  strict,
);
export type OutboundRules = Static<typeof OutboundRules>;

export const Token = Type.Object({
  id: Type.String(),
  name: Type.String(),
  user: Type.Optional(Type.String({ description: "Whose it is; none: the host's own." })),
  role: GlobalRole,
  project: Type.Optional(ProjectName),
  createdAt: Timestamp,
  expiresAt: Type.Optional(Timestamp),
  lastUsedAt: Type.Optional(Timestamp),
});
export type Token = Static<typeof Token>;

export const TokenCreate = Type.Object(
  {
    name: Type.String({
      pattern: "^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$",
      maxLength: 64,
      description: "What it is for: lower-case letters, digits, dots, hyphens and underscores.",
      examples: ["nightly-tests"],
    }),
    role: Type.Optional(GlobalRole),
    project: Type.Optional(ProjectName),
    seconds: Type.Optional(
      Type.Union([Type.Integer({ minimum: 60, maximum: 315_360_000 }), Type.Null()], {
        description: "How long it is good for; null: until it is revoked. Default: 90 days.",
      }),
    ),
  },
  strict,
);
export type TokenCreate = Static<typeof TokenCreate>;

export const MadeToken = Type.Object({
  ...Token.properties,
  secret: Type.String({
    description: "For LODGE_TOKEN, or the header 'Authorization: Bearer …'. Shown this once.",
  }),
});
export type MadeToken = Static<typeof MadeToken>;
