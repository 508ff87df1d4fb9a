import { command } from "../command.ts";
import { act } from "../operation/act.ts";
import { waitOption } from "../operation/follow.ts";

export const rm = command({
  operands: [{ name: "IMAGE", many: true, complete: "image" }],
  options: waitOption,
  about: `An image that guests stand on is refused.`,
  examples: [["lodge image rm golden", "remove it"]],
  async run({ operands, options }, context) {
    return act(context, operands, {
      begin: (image) => context.client.call("imageDelete", { params: { image } }),
      doing: "removing",
      done: "is removed",
      wait: options.wait ?? true,
    });
  },
});
