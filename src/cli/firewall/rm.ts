import { command } from "../command.ts";

export const rm = command({
  operands: [{ name: "GROUP", many: true, complete: "firewall" }],
  options: {},
  examples: [["lodge firewall rm web", "one that nothing is attached to"]],
  async run({ operands }, { client, terminal }) {
    for (const firewall of operands)
      terminal.print((await client.call("firewallDelete", { params: { firewall } })).name);
  },
});
