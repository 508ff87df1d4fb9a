import { command } from "../command.ts";
import { act } from "../operation/act.ts";
import { waitOption } from "../operation/follow.ts";

export const rm = command({
  operands: [{ name: "TEMPLATE", many: true, complete: "template" }],
  options: waitOption,
  about: `No guest forks from it any more. Those that were forked live on; its memory and disk are freed when the last
    of them is gone, and until then 'lodge template ls' shows it as stale.`,
  examples: [["lodge template rm t0123456789", "fork from it no more"]],
  async run({ operands, options }, context) {
    return act(context, operands, {
      begin: (template) => context.client.call("templateDelete", { params: { template } }),
      doing: "removing",
      done: ({ result }) =>
        (result as { gone: boolean } | undefined)?.gone === false
          ? "is stale, and goes with the last guest that uses it"
          : "is removed",
      wait: options.wait ?? true,
    });
  },
});
