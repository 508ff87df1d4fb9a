import { command } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { formatOption, printData } from "../output.ts";
import { membershipOptions } from "./membership-options.ts";

/** Milliseconds for which the daemon may be away. */
const patience = 180_000;

export const join = command({
  operands: [{ name: "TOKEN" }],
  options: { ...membershipOptions, ...waitOption, ...formatOption },
  about: `This host must have no guests and volumes of its own. Accounts, projects and networks are the cluster's from then on; images
    stay where the cluster has none of their name. Whether it keeps the cluster's state with others, Lodge decides.`,
  examples: [
    ["lodge cluster join lodge-join-…", "as 'lodge cluster token' printed it on a host of the cluster"],
    [
      "lodge cluster join lodge-join-… --name node2 --address 198.51.100.2",
      "with a name and an address of your choice",
    ],
  ],
  async run({ operands, options }, context) {
    const { client, terminal } = context;
    const [token = ""] = operands;
    const { name, address } = options;
    const operation = await client.call("clusterJoin", {
      body: { token, ...(name === undefined ? {} : { name }), ...(address === undefined ? {} : { address }) },
    });
    if (options.wait === false) return leftToItself(context, operation);
    const { result } = await follow(context, operation, "joining the cluster", { patience });
    if (options.format === "json" || options.format === "yaml")
      return printData(terminal, result, options.format);
    terminal.print(`This host is in the cluster, as ${(result as { host: string }).host}`);
  },
});
