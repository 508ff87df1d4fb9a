import { guestActions } from "#contract/actions";
import { command, flag } from "../command.ts";
import { waitOption } from "../operation/follow.ts";
import { act } from "../operation/act.ts";
import { choose } from "./choose.ts";

export const pause = command({
  operands: [{ name: "GUEST", optional: true, many: true, complete: "guest" }],
  options: { all: flag("Every guest that is running."), ...waitOption },
  about: `Its processors halt at once; its memory stays where it is, and its connections with it. 'lodge suspend'
    gives the memory back to this computer.`,
  examples: [
    ["lodge pause web", "halt it"],
    ["lodge resume web", "let it go on"],
  ],
  async run({ operands, options }, context) {
    const guests = await choose(context, operands, options.all, guestActions.pause);
    return act(context, guests, {
      begin: (guest) => context.client.call("guestPause", { params: { guest } }),
      doing: "pausing",
      done: "is paused",
      wait: options.wait ?? true,
    });
  },
});
