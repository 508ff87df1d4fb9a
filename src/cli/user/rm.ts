import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "NAME", many: true, complete: "user" }],
  options: {},
  about: `Their sessions and tokens end with them. What they made stays.`,
  examples: [["lodge user rm desk", "the account is gone"]],
  run: ({ operands }, context) =>
    each(context, operands, async (user) => {
      await context.client.call("userDelete", { params: { user } });
      return `${user} is removed`;
    }),
});
