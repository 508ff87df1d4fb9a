import { command } from "../command.ts";
import { act } from "./act.ts";

export const wait = command({
  operands: [{ name: "OPERATION", many: true, complete: "operation" }],
  options: {},
  about: `Ends when they have; the exit code says how the first one that went wrong did.`,
  examples: [["lodge operation wait o0123456789", "wait for it, with a progress bar"]],
  async run({ operands }, context) {
    return act(context, operands, {
      begin: (operation) => context.client.call("operationGet", { params: { operation } }),
      doing: "going on",
      done: "has succeeded",
      wait: true,
    });
  },
});
