/** What comes through a gate, on its way into a guest. */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { joinStreams } from "#base/join-streams";

/** Joins both until their end. @throws Error why the far end broke off, of which the near one is told by a reset. */
export async function carry(near: Socket, far: Duplex): Promise<void> {
  let broken: Error | undefined;
  far.on("error", (error) => {
    // One who went away first has broken nothing.
    if (near.destroyed) return;
    broken = error;
    near.resetAndDestroy();
  });
  await joinStreams(near, far);
  if (broken) throw broken;
}
