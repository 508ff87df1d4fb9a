import { command } from "../command.ts";
import { each } from "../each.ts";

export const share = command({
  operands: [{ name: "IMAGE", many: true, complete: "image" }],
  options: {},
  about: `Everybody with a role in some project sees it then, and makes guests of it. It takes an admin, as does
    'lodge image unshare', after which those guests stay.`,
  examples: [["lodge image share debian-13", "every project may use it"]],
  run: ({ operands }, context) =>
    each(context, operands, async (image) => {
      await context.client.call("imageUpdate", { params: { image }, body: { shared: true } });
      return `${image} is shared with all projects`;
    }),
});
