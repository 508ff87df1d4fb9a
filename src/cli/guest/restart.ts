import { guestActions } from "#contract/actions";
import { command, flag } from "../command.ts";
import { waitOption } from "../operation/follow.ts";
import { act } from "../operation/act.ts";
import { choose } from "./choose.ts";
import { stopBody, stopOptions } from "./stop.ts";

export const restart = command({
  operands: [{ name: "GUEST", optional: true, many: true, complete: "guest" }],
  options: { ...stopOptions, all: flag("Every guest that is running."), ...waitOption },
  about: `Shuts the guest down as 'lodge stop' does and starts it again. Changes that need a new start, such as
    more memory, count from then on.`,
  examples: [
    ["lodge restart web", "shut down and start again"],
    ["lodge restart --force web", "as by the reset button"],
  ],
  async run({ operands, options }, context) {
    const guests = await choose(context, operands, options.all, guestActions.restart);
    return act(context, guests, {
      begin: (guest) => context.client.call("guestRestart", { params: { guest }, body: stopBody(options) }),
      doing: "restarting",
      done: "is up again",
      wait: options.wait ?? true,
    });
  },
});
