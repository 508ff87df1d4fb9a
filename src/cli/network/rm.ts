import { command } from "../command.ts";

export const rm = command({
  operands: [{ name: "NETWORK", many: true, complete: "network" }],
  options: {},
  about: `One that guests are on is not removed; neither are 'default' and 'user'. Nothing of it stays on this computer.`,
  examples: [["lodge network rm backend", "the network is gone"]],
  async run({ operands }, { client, terminal }) {
    for (const network of operands) {
      await client.call("networkDelete", { params: { network } });
      terminal.print(`network ${network} is removed`);
    }
  },
});
