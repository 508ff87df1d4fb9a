import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { command, many, text } from "../command.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { formatOption, printData } from "../output.ts";
import { readText } from "../paths.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { membershipOptions } from "./membership-options.ts";

function parseUrl(given: string): string {
  const url = URL.parse(given);
  if (url && ["http:", "https:"].includes(url.protocol) && url.pathname === "/") return url.origin;
  throw new RangeError(`'${given}' is no address such as http://etcd.example:2379`);
}

interface TlsOptions {
  readonly "etcd-ca"?: string | undefined;
  readonly "etcd-cert"?: string | undefined;
  readonly "etcd-key"?: string | undefined;
}

/** What the files hold. @throws LodgeError cli.file, api.usage */
async function tlsOf(options: TlsOptions, name: string): Promise<Schemas["ClusterInit"]["etcdTls"]> {
  const { "etcd-ca": ca, "etcd-cert": cert, "etcd-key": key } = options;
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  if (ca === undefined || (cert === undefined) !== (key === undefined)) {
    const reason = "--etcd-cert and --etcd-key belong together, and to --etcd-ca";
    throw new LodgeError("api.usage", { reason, command: name });
  }
  return {
    ca: await readText(ca),
    ...(cert === undefined || key === undefined
      ? {}
      : { cert: await readText(cert), key: await readText(key) }),
  };
}

/** Milliseconds for which the daemon may be away: it begins anew, and looks at each guest. */
const patience = 180_000;

export const init = command({
  operands: [],
  options: {
    ...membershipOptions,
    etcd: many(
      "URL",
      "Keep the state in an etcd that you run, in place of Lodge's own; may be given again.",
      parseUrl,
    ),
    "etcd-ca": text("FILE", "The certificate that signed the etcd's own, in PEM."),
    "etcd-cert": text("FILE", "The certificate to show the etcd, where it wants one."),
    "etcd-key": text("FILE", "The key of that."),
    ...waitOption,
    ...formatOption,
  },
  about: `All that Lodge knows moves from its own file into etcd, is read back and compared; only then this host is a member. Its guests run
    on throughout; the daemon begins anew, so that consoles and commands in guests have to be opened again. What fails
    leaves everything as it was.

    Other hosts join by a token: 'lodge cluster token'.`,
  examples: [
    ["lodge cluster init", "this host becomes the first of a cluster"],
    ["lodge cluster init --name node1 --address 198.51.100.1", "with a name and an address of your choice"],
    ["lodge cluster init --etcd http://etcd.example:2379", "with an etcd that is there already"],
    [
      "lodge cluster init --etcd https://etcd.example:2379 --etcd-ca ca.pem --etcd-cert lodge.pem --etcd-key lodge.key",
      "with one that asks for certificates",
    ],
  ],
  async run({ options }, context) {
    const { client, terminal } = context;
    const { name, address, etcd } = options;
    const etcdTls = await tlsOf(options, context.name);
    const operation = await client.call("clusterInit", {
      body: {
        ...(name === undefined ? {} : { name }),
        ...(address === undefined ? {} : { address }),
        ...(etcd === undefined || etcd.length === 0 ? {} : { etcd: [...etcd] }),
        ...(etcdTls === undefined ? {} : { etcdTls }),
      },
    });
    if (options.wait === false) return leftToItself(context, operation);
    const { result } = await follow(context, operation, "making a cluster", { patience });
    if (options.format === "json" || options.format === "yaml")
      return printData(terminal, result, options.format);
    terminal.print(`This host is the first of a cluster, as ${(result as { host: string }).host}`);
    terminal.note("'lodge cluster token' prints what to type on the next one.");
  },
});
