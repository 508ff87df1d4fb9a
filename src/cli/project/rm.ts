import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "PROJECT", many: true, complete: "project" }],
  options: {},
  about: `One that holds anything is not removed: guests, images, templates, volumes, uploads, recordings, firewall groups.
    Roles in it, tokens for it and its network go with it.`,
  examples: [["lodge project rm shop", "the project is gone"]],
  run: ({ operands }, context) =>
    each(context, operands, async (project) => {
      await context.client.call("projectDelete", { params: { project } });
      return `project ${project} is removed`;
    }),
});
