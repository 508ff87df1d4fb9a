import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "TOKEN", many: true, complete: "token" }],
  options: {},
  about: `Whatever shows one is refused from now on, and streams it had open end.`,
  examples: [["lodge token rm nightly", "revoke it"]],
  run: ({ operands }, context) =>
    each(context, operands, async (token) => {
      const { name } = await context.client.call("tokenDelete", { params: { token } });
      return `${name} is revoked`;
    }),
});
