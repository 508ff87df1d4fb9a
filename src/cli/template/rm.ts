import { command } from "../command.ts";
import { act } from "../operation/act.ts";
import { waitOption } from "../operation/follow.ts";

export const rm = command({
  operands: [{ name: "TEMPLATE", many: true, complete: "template" }],
  options: waitOption,
  about: `Guests that were forked from it live on; its memory and disk are freed when the last of them is gone.`,
  examples: [["lodge template rm t0123456789", "fork from it no more"]],
  async run({ operands, options }, context) {
    return act(context, operands, {
      begin: (template) => context.client.call("templateDelete", { params: { template } }),
      doing: "evicting",
      done: "is evicted",
      wait: options.wait ?? true,
    });
  },
});
