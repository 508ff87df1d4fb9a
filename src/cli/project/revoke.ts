import { command } from "../command.ts";

export const revoke = command({
  operands: [
    { name: "PROJECT", complete: "project" },
    { name: "USER", many: true, complete: "user" },
  ],
  options: {},
  about: `Consoles and commands that they have open there end at once. A role that counts in every project stays.`,
  examples: [["lodge project revoke shop ann", "she has no role in it any more"]],
  async run({ operands }, { client, terminal }) {
    const [project = "", ...users] = operands;
    for (const user of users) {
      await client.call("memberRevoke", { params: { project, user } });
      terminal.print(`${user} has no role in ${project} any more`);
    }
  },
});
