import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "HOST", many: true }],
  options: {},
  about: `One that highly available guests of the host need is not removed.`,
  examples: [["lodge fence rm node2", "nothing switches it off from outside any more"]],
  run: ({ operands }, context) =>
    each(context, operands, async (fence) => {
      await context.client.call("fenceDelete", { params: { fence } });
      return `${fence} has no fence device any more`;
    }),
});
