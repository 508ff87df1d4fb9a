import { command } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";

/** Milliseconds for which the daemon may be away. */
const patience = 180_000;

export const leave = command({
  operands: [],
  options: waitOption,
  about: `This host stands alone from then on, with the accounts that it had before it joined, without guests and images. It must have no
    guests and volumes: 'lodge host drain' moves its guests to others. Where it keeps the cluster's state, another does
    so first.`,
  examples: [["lodge cluster leave", "after its guests were moved"]],
  async run({ options }, context) {
    const operation = await context.client.call("clusterLeave");
    if (options.wait === false) return leftToItself(context, operation);
    await follow(context, operation, "leaving the cluster", { patience });
    context.terminal.print("This host stands alone");
  },
});
