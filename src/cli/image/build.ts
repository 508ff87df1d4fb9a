import { command, flag, text } from "../command.ts";
import { waitOption } from "../operation/follow.ts";
import { begin } from "./begin.ts";

export const build = command({
  operands: [{ name: "RECIPE", complete: "recipe" }],
  options: {
    name: text("NAME", "What to call the image (default: as its recipe)."),
    rebuild: flag("Also where there is a current one; guests that stand on that keep it."),
    shared: flag("For every project; that takes an admin."),
    ...waitOption,
  },
  about: `'lodge image recipes' lists the recipes. A template of the new image is parked afterwards, so that guests
    fork from it.`,
  examples: [
    ["lodge image build debian-13", "build Debian 13 from its packages"],
    ["lodge image build debian-13 --rebuild", "again, with the packages of today"],
  ],
  async run({ operands, options }, context) {
    const [recipe = ""] = operands;
    const { name, rebuild, shared, wait } = options;
    const operation = await context.client.call("imageBuild", {
      body: {
        recipe,
        ...(name === undefined ? {} : { name }),
        ...(rebuild ? { rebuild } : {}),
        ...(shared === undefined ? {} : { shared }),
      },
    });
    await begin(context, operation, name ?? recipe, wait);
  },
});
