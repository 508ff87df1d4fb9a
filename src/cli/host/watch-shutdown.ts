import type { Operation } from "#contract/operation";
import type { Client } from "#client/client";
import { isAway } from "#client/patience";
import { createProgress } from "../progress.ts";
import type { Terminal } from "../terminal.ts";

/** Shows a shutdown of the daemon's as it goes on. The daemon ends with it, perhaps before it could say so. */
export async function watchShutdown(client: Client, shutdown: Operation, terminal: Terminal): Promise<void> {
  const progress = createProgress(terminal, "Lodge");
  try {
    await client.waitFor(shutdown, {
      patience: 0,
      onProgress: ({ progress: { message } }) => progress.update(message),
    });
  } catch (error) {
    if (!isAway(error)) throw error;
  } finally {
    progress.end();
  }
}
