import { guestActions } from "#contract/actions";
import { command, flag } from "../command.ts";
import { waitOption } from "../operation/follow.ts";
import { act } from "../operation/act.ts";
import { choose } from "./choose.ts";

export const resume = command({
  operands: [{ name: "GUEST", optional: true, many: true, complete: "guest" }],
  options: { all: flag("Every guest that is paused."), ...waitOption },
  about: `The opposite of 'lodge pause'. A suspended guest comes back with 'lodge start'.`,
  examples: [["lodge resume web", "let it go on"]],
  async run({ operands, options }, context) {
    const guests = await choose(context, operands, options.all, guestActions.resume);
    return act(context, guests, {
      begin: (guest) => context.client.call("guestResume", { params: { guest } }),
      doing: "resuming",
      done: "goes on",
      wait: options.wait ?? true,
    });
  },
});
