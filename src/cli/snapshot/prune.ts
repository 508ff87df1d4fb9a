import { LodgeError } from "#contract/errors";
import { mostSnapshots } from "#contract/schema/snapshot";
import { command, parsed } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { waitOption } from "../operation/follow.ts";
import { parseCount } from "../values.ts";
import { parseAge } from "./age.ts";
import { tell } from "./rm.ts";

export const prune = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: {
    keep: parsed("N", "The newest so many stay.", parseCount(0, mostSnapshots)),
    "older-than": parsed("TIME", "Younger ones stay: 90m, 12h, 30d.", parseAge),
    ...waitOption,
  },
  about: `With both options a snapshot goes that neither keeps. What stands on one that goes loses nothing.`,
  examples: [
    ["lodge snapshot prune web --keep 10", "all but the newest ten"],
    ["lodge snapshot prune web --keep 3 --older-than 30d", "what is old, but never the newest three"],
  ],
  async run({ operands, options }, context) {
    const [guest = ""] = operands;
    const { keep, "older-than": olderThan } = options;
    if (keep === undefined && olderThan === undefined) {
      const reason = "What stays is missing: --keep N, --older-than TIME, or both";
      throw new LodgeError("api.usage", { reason, command: context.name });
    }
    const body = {
      ...(keep === undefined ? {} : { keep }),
      ...(olderThan === undefined ? {} : { olderThan }),
    };
    const operation = await context.client.call("snapshotPrune", { params: { guest }, body });
    if (options.wait === false) return leftToItself(context, operation);
    await tell(context, operation, `${guest}: removing old snapshots`);
  },
});
