import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "NAME", many: true }],
  options: {},
  about: `Accounts that came by it stay, and sessions go on; 'lodge user reset' gives one of them a password.`,
  examples: [["lodge provider rm work", "nobody signs in with it any more"]],
  run: ({ operands }, context) =>
    each(context, operands, async (provider) => {
      await context.client.call("providerDelete", { params: { provider } });
      return `${provider} is removed`;
    }),
});
