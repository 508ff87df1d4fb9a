import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "GROUP", many: true, complete: "firewall" }],
  options: {},
  examples: [["lodge firewall rm web", "one that nothing is attached to"]],
  run: ({ operands }, context) =>
    each(context, operands, async (firewall) => {
      const { name } = await context.client.call("firewallDelete", { params: { firewall } });
      return `firewall group ${name} is removed`;
    }),
});
