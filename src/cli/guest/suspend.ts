import { guestActions } from "#contract/actions";
import { command, flag } from "../command.ts";
import { waitOption } from "../operation/follow.ts";
import { act } from "../operation/act.ts";
import { choose } from "./choose.ts";

export const suspend = command({
  operands: [{ name: "GUEST", optional: true, many: true, complete: "guest" }],
  options: { all: flag("Every guest that is running or paused."), ...waitOption },
  about: `Its memory goes to disk and its process ends; 'lodge start' brings it back as it was, also after a reboot
    of this computer.`,
  examples: [
    ["lodge suspend web", "save it and free its memory"],
    ["lodge start web", "bring it back"],
  ],
  async run({ operands, options }, context) {
    const guests = await choose(context, operands, options.all, guestActions.suspend);
    return act(context, guests, {
      begin: (guest) => context.client.call("guestSuspend", { params: { guest } }),
      doing: "suspending",
      done: "is suspended",
      wait: options.wait ?? true,
    });
  },
});
