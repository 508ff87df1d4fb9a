import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "WEBHOOK", many: true, complete: "webhook" }],
  options: {},
  examples: [["lodge webhook rm ci", "it is told no more"]],
  run: ({ operands }, context) =>
    each(context, operands, async (webhook) => {
      const { name } = await context.client.call("webhookDelete", { params: { webhook } });
      return `${name} is removed`;
    }),
});
