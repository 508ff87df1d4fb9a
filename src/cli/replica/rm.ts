import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "GUEST", many: true, complete: "guest" }],
  options: {},
  about: `The guest goes on; what the other host has of it is removed.`,
  examples: [["lodge replica rm web", "keep it on its own host alone"]],
  async run({ operands }, context) {
    return each(context, operands, async (guest) => {
      await context.client.call("replicaDelete", { params: { guest } });
      return `${guest} has no replica any more`;
    });
  },
});
