import { command } from "../command.ts";
import { each } from "../each.ts";

export const revoke = command({
  operands: [
    { name: "PROJECT", complete: "project" },
    { name: "USER", many: true, complete: "user" },
  ],
  options: {},
  about: `Consoles and commands that they have open there end at once. A role that counts in every project stays.`,
  examples: [["lodge project revoke shop ann", "she has no role in it any more"]],
  run({ operands }, context) {
    const [project = "", ...users] = operands;
    return each(context, users, async (user) => {
      await context.client.call("memberRevoke", { params: { project, user } });
      return `${user} has no role in ${project} any more`;
    });
  },
});
