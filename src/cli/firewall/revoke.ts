import { command } from "../command.ts";

export const revoke = command({
  operands: [
    { name: "GROUP", complete: "firewall" },
    { name: "RULE", many: true },
  ],
  options: {},
  about:
    "Takes rules out, by their ids. What they alone allowed ends at once, in the middle of connections too.",
  examples: [["lodge firewall revoke web r4f8k20c7xd", "as 'lodge firewall show web' calls it"]],
  async run({ operands }, { client, terminal }) {
    const [firewall = "", ...rules] = operands;
    for (const rule of rules) {
      await client.call("firewallRuleDelete", { params: { firewall, rule } });
      terminal.print(rule);
    }
  },
});
