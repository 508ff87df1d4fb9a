import { command } from "../command.ts";

export const rm = command({
  operands: [{ name: "NAME", many: true }],
  options: {},
  about: `Accounts that came by it stay, and sessions go on; 'lodge user reset' gives one of them a password.`,
  examples: [["lodge provider rm work", "nobody signs in with it any more"]],
  async run({ operands }, { client, terminal }) {
    for (const provider of operands) {
      await client.call("providerDelete", { params: { provider } });
      terminal.print(`${provider} is removed`);
    }
  },
});
