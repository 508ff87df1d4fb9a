import { command } from "../command.ts";

export const rm = command({
  operands: [{ name: "NAME", many: true, complete: "user" }],
  options: {},
  about: `Their sessions and tokens end with them. What they made stays.`,
  examples: [["lodge user rm desk", "the account is gone"]],
  async run({ operands }, { client, terminal }) {
    for (const user of operands) {
      await client.call("userDelete", { params: { user } });
      terminal.print(`${user} is removed`);
    }
  },
});
