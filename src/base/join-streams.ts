/** Two streams made one. */
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Each direction ends by itself; where one fails, both do. Resolves when both are closed; whoever reads has the stream's end. */
export async function joinStreams(near: Duplex, far: Duplex): Promise<void> {
  // Each direction listens to both.
  for (const end of [near, far]) end.setMaxListeners(0);
  try {
    await Promise.all([pipeline(near, far), pipeline(far, near)]);
  } catch {
    // Told by the streams themselves.
  } finally {
    near.destroy();
    far.destroy();
  }
}
