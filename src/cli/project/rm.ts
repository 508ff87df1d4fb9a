import { command } from "../command.ts";

export const rm = command({
  operands: [{ name: "PROJECT", many: true, complete: "project" }],
  options: {},
  about: `One that holds guests, images or templates is not removed. Roles in it, tokens for it and its network go with it.`,
  examples: [["lodge project rm shop", "the project is gone"]],
  async run({ operands }, { client, terminal }) {
    for (const project of operands) {
      await client.call("projectDelete", { params: { project } });
      terminal.print(`project ${project} is removed`);
    }
  },
});
