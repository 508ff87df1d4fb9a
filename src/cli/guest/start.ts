import { guestActions } from "#contract/actions";
import { command, flag } from "../command.ts";
import { waitOption } from "../operation/follow.ts";
import { act } from "../operation/act.ts";
import { choose } from "./choose.ts";

export const start = command({
  operands: [{ name: "GUEST", optional: true, many: true, complete: "guest" }],
  options: { all: flag("Every guest that is stopped, suspended or crashed."), ...waitOption },
  about: `A suspended guest goes on where it was: its memory comes back from disk.`,
  examples: [
    ["lodge start web", "start one"],
    ["lodge start --all", "start every guest that rests"],
  ],
  async run({ operands, options }, context) {
    const guests = await choose(context, operands, options.all, guestActions.start);
    return act(context, guests, {
      begin: (guest) => context.client.call("guestStart", { params: { guest } }),
      doing: "starting",
      done: "is up",
      wait: options.wait ?? true,
    });
  },
});
