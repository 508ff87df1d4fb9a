import type { Operation } from "#contract/operation";
import { isAway } from "#client/patience";
import type { Context } from "../context.ts";
import { follow } from "../operation/follow.ts";

/**
 * Shows a shutdown of the daemon's as it goes on. The daemon ends with it, perhaps before it could say so.
 *
 * @throws LodgeError why it failed; operation.cancelled where the user called it off.
 */
export async function watchShutdown(
  context: Pick<Context, "client" | "terminal">,
  shutdown: Operation,
): Promise<void> {
  try {
    await follow(context, shutdown, "Lodge", { patience: 0 });
  } catch (error) {
    if (!isAway(error)) throw error;
  }
}
