import { command } from "../command.ts";
import { each } from "../each.ts";

export const unshare = command({
  operands: [{ name: "IMAGE", many: true, complete: "image" }],
  options: {},
  about: `New guests of it are made in its own project alone; those that others made stay.`,
  examples: [["lodge image unshare web-base", "only its own project may use it"]],
  run: ({ operands }, context) =>
    each(context, operands, async (image) => {
      await context.client.call("imageUpdate", { params: { image }, body: { shared: false } });
      return `${image} is for its own project alone`;
    }),
});
