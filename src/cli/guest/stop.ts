import { guestActions } from "#contract/actions";
import { command, flag, parsed } from "../command.ts";
import { waitOption } from "../operation/follow.ts";
import { parseSeconds } from "../values.ts";
import { act } from "../operation/act.ts";
import { choose } from "./choose.ts";

/** For commands that shut guests down. */
export const stopOptions = {
  force: flag("Switch it off at once, as by pulling the plug.", { short: "f" }),
  timeout: parsed(
    "TIME",
    "How long it may take to shut down, such as 90s or 5m (default 90s).",
    parseSeconds,
  ),
} as const;

/** The request's body from those options. */
export const stopBody = (options: {
  readonly force: boolean | undefined;
  readonly timeout: number | undefined;
}) => ({
  ...(options.force ? { force: true } : {}),
  ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
});

export const stop = command({
  operands: [{ name: "GUEST", optional: true, many: true, complete: "guest" }],
  options: { ...stopOptions, all: flag("Every guest that is running or paused."), ...waitOption },
  about: `The guest is asked to shut down, by its agent and as by its power button. One that does not within the
    time goes on running, and the command says so (exit code 124): --force switches it off.`,
  examples: [
    ["lodge stop web", "ask it to shut down, and wait for that"],
    ["lodge stop --force web", "switch it off"],
    ["lodge stop --all --timeout 3m", "all of them, with more time"],
  ],
  async run({ operands, options }, context) {
    const guests = await choose(context, operands, options.all, guestActions.stop);
    return act(context, guests, {
      begin: (guest) => context.client.call("guestStop", { params: { guest }, body: stopBody(options) }),
      doing: "stopping",
      done: "is stopped",
      wait: options.wait ?? true,
    });
  },
});
