import { readFile } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { choice, command, flag, many, text, type Values } from "../command.ts";
import type { Context } from "../context.ts";
import { readSecret } from "../remote/read-secret.ts";
import { globalRole as role } from "../user/role.ts";

const ofEach = { title: text("TITLE", "What people know it by."), role };

const ofOpenId = {
  "client-id": text("ID", "OpenID Connect: what Lodge is called there."),
  public: flag("OpenID Connect: Lodge has no secret there."),
  "groups-claim": text("CLAIM", "OpenID Connect: where its tokens name groups, if not in 'groups'."),
  require: many(
    "CLAIM=VALUE",
    "OpenID Connect: only for those whose token says so, as in groups=lodge.",
    (given) => {
      if (!/^[^=]+=.+$/.test(given)) throw new RangeError(`'${given}' is not CLAIM=VALUE`);
      return given;
    },
  ),
};

const ofDirectory = {
  base: text("DN", "Directory: below what people are, as in dc=example,dc=com."),
  "bind-dn": text("DN", "Directory: who reads it; the password is asked for. Without, nobody in particular."),
  "user-filter": text("FILTER", "Directory: how an entry is found by the {name} that somebody types."),
  "groups-base": text("DN", "Directory: groups elsewhere are not counted. Without, those below --base are."),
  "group-filter": text("FILTER", "Directory: which groups have the entry {dn}, or {name}, in them."),
  "start-tls": flag("Directory: an ldap:// address goes on under TLS."),
  ca: text("FILE", "Directory: the authority in PEM that its certificate is of, if no usual one.", {
    complete: "file",
  }),
  "require-group": many("GROUP", "Directory: only for those in this group.", (given) => given),
};

const kinds = ["oidc", "ldap", "active-directory"] as const;
const options = {
  kind: choice(
    kinds,
    "What it speaks: OpenID Connect, unless it is said otherwise; a directory has names and passwords.",
  ),
  ...ofEach,
  ...ofOpenId,
  ...ofDirectory,
};
type Given = Values<typeof options>;
type Create = Schemas["ProviderCreate"];

export const add = command({
  operands: [{ name: "NAME" }, { name: "ADDRESS", many: true }],
  options,
  about: `People can then sign in with an account that they have elsewhere. With --role, somebody who comes for the first time
    gets an account of that role; without, nobody new gets in.

    OpenID Connect: ADDRESS is the issuer's. There, register Lodge as a web application whose redirect URI is the address that
    browsers open, with a slash at its end. The client's secret is asked for.

    A directory (LDAP, Active Directory): ADDRESS is a server's, ldaps://HOST; several are tried in turn. People type the name and
    the password that they have there. Usual filters: (uid={name}) or, in Active Directory, the name with or without its domain.`,
  examples: [
    [
      "lodge provider add work https://id.example.com --client-id lodge --role operator --require groups=lodge",
      "those of one group may work",
    ],
    [
      "lodge provider add corp ldaps://ldap.example.com --kind ldap --base dc=example,dc=com --role none",
      "whoever is in the directory",
    ],
    [
      "lodge provider add corp ldaps://dc1.example.com ldaps://dc2.example.com --kind active-directory --base dc=example,dc=com --bind-dn lodge@example.com --role none --require-group 'Lodge Users'",
      "those of one group of a domain",
    ],
  ],
  async run({ operands, options: given }, context) {
    const [name = "", ...addresses] = operands;
    const each = {
      name,
      ...(given.title === undefined ? {} : { title: given.title }),
      ...(given.role === undefined ? {} : { role: given.role }),
    };
    const kind = given.kind ?? "oidc";
    refuseOthers(given, kind === "oidc" ? ofDirectory : ofOpenId, kind, context.name);
    const body =
      kind === "oidc"
        ? await openIdBody(each, addresses, given, context)
        : await directoryBody({ ...each, kind }, addresses, given, context);
    const { title } = await context.client.call("providerCreate", { body });
    context.terminal.print(`People can sign in with ${title}`);
  },
});

const usage = (reason: string, command: string) => new LodgeError("api.usage", { reason, command });

/** What is of the other kind would be left out without a word. */
function refuseOthers(given: Given, others: object, kind: string, command: string): void {
  for (const option of Object.keys(others))
    if (given[option as keyof Given] !== undefined)
      throw usage(`--${option} does not go with --kind ${kind}`, command);
}

interface Each {
  readonly name: string;
  readonly title?: string;
  readonly role?: NonNullable<Given["role"]>;
}

async function openIdBody(
  each: Each,
  [issuer = "", ...more]: readonly string[],
  given: Given,
  { terminal, name: command }: Context,
): Promise<Create> {
  const clientId = given["client-id"];
  if (clientId === undefined) throw usage("--client-id is missing", command);
  if (more.length > 0) throw usage("there is one issuer", command);
  const secret = given.public ? undefined : await readSecret(terminal, "Client secret: ");
  return {
    kind: "oidc",
    ...each,
    issuer,
    clientId,
    ...(secret === undefined ? {} : { secret }),
    ...(given["groups-claim"] === undefined ? {} : { groupsClaim: given["groups-claim"] }),
    ...(given.require ? { require: [...given.require] } : {}),
  };
}

async function directoryBody(
  each: Each & { readonly kind: "ldap" | "active-directory" },
  urls: readonly string[],
  given: Given,
  { terminal, name: command }: Context,
): Promise<Create> {
  const { base } = given;
  if (base === undefined) throw usage("--base is missing", command);
  const bindDn = given["bind-dn"];
  const reader =
    bindDn === undefined ? {} : { bindDn, secret: await readSecret(terminal, `Password of ${bindDn}: `) };
  return {
    ...each,
    urls: [...urls],
    base,
    ...reader,
    ...(given["user-filter"] === undefined ? {} : { userFilter: given["user-filter"] }),
    ...(given["groups-base"] === undefined ? {} : { groupsBase: given["groups-base"] }),
    ...(given["group-filter"] === undefined ? {} : { groupFilter: given["group-filter"] }),
    ...(given["start-tls"] === undefined ? {} : { startTls: given["start-tls"] }),
    ...(given.ca === undefined ? {} : { ca: await readFile(given.ca, "utf8") }),
    ...(given["require-group"] ? { requireGroups: [...given["require-group"]] } : {}),
  };
}
