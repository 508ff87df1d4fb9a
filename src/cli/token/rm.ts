import { command } from "../command.ts";

export const rm = command({
  operands: [{ name: "TOKEN", many: true, complete: "token" }],
  options: {},
  about: `Whatever shows one is refused from now on, and streams it had open end.`,
  examples: [["lodge token rm nightly", "revoke it"]],
  async run({ operands }, { client, terminal }) {
    for (const token of operands) {
      const { name } = await client.call("tokenDelete", { params: { token } });
      terminal.print(`${name} is revoked`);
    }
  },
});
