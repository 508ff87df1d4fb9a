import { guestActions } from "#contract/actions";
import { command, flag } from "../command.ts";
import { waitOption } from "../operation/follow.ts";
import { act } from "../operation/act.ts";
import { choose } from "./choose.ts";

export const rm = command({
  operands: [{ name: "GUEST", optional: true, many: true, complete: "guest" }],
  options: {
    force: flag("Also guests that are running: they are switched off first.", { short: "f" }),
    snapshots: flag("Also guests that have snapshots, and these with them."),
    all: flag("Every guest that is stopped; with --force, every guest."),
    ...waitOption,
  },
  about: `The guest's disks are gone with it; there is no way back. One that has snapshots is refused without
    --snapshots.`,
  examples: [
    ["lodge rm web", "remove a guest that is stopped"],
    ["lodge rm --force web db", "remove two, running or not"],
  ],
  async run({ operands, options }, context) {
    const { force = false, snapshots = false } = options;
    const states = force ? guestActions["force-delete"] : guestActions.delete;
    const guests = await choose(context, operands, options.all, states);
    return act(context, guests, {
      begin: (guest) =>
        context.client.call("guestDelete", { params: { guest }, query: { force, snapshots } }),
      doing: "removing",
      done: "is removed",
      wait: options.wait ?? true,
    });
  },
});
