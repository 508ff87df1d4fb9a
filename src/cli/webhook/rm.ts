import { command } from "../command.ts";

export const rm = command({
  operands: [{ name: "WEBHOOK", many: true, complete: "webhook" }],
  options: {},
  examples: [["lodge webhook rm ci", "it is told no more"]],
  async run({ operands }, { client, terminal }) {
    for (const webhook of operands) {
      const { name } = await client.call("webhookDelete", { params: { webhook } });
      terminal.print(`${name} is removed`);
    }
  },
});
