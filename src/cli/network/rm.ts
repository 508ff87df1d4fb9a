import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "NETWORK", many: true, complete: "network" }],
  options: {},
  about: `One that guests are on is not removed; neither are 'default' and 'user'. Nothing of it stays on this computer.`,
  examples: [["lodge network rm backend", "the network is gone"]],
  run: ({ operands }, context) =>
    each(context, operands, async (network) => {
      await context.client.call("networkDelete", { params: { network } });
      return `network ${network} is removed`;
    }),
});
