/** Two streams made one. */
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";

/** Each direction ends by itself; where one fails, both do. Resolves when both are closed; whoever reads has the stream's end. */
export async function joinStreams(near: Duplex, far: Duplex): Promise<void> {
  // Each direction listens to both.
  for (const end of [near, far]) end.setMaxListeners(0);
  try {
    pump(near, far);
    pump(far, near);
    await Promise.all([finished(near), finished(far)]);
  } catch {
    // Told by the streams themselves.
  } finally {
    near.destroy();
    far.destroy();
  }
}

function pump(from: Duplex, to: Duplex): void {
  const written = from instanceof Socket && to instanceof Socket ? release : () => undefined;
  from.on("data", (chunk: Buffer) => {
    // TLS tells of several chunks one after another: they go out by one write.
    if (to.writableCorked === 0) {
      to.cork();
      process.nextTick(() => to.uncork());
    }
    if (!to.write(chunk, () => written(chunk))) from.pause();
  });
  to.on("drain", () => from.resume());
  from.once("end", () => to.end());
  from.resume();
}

/**
 * Frees a chunk that nobody needs any more. What sockets read lies outside of V8's heap, and to find out that it is not used V8 goes
 * through the whole heap, for every 30 MB or so: a third of all that a daemon did while it passed on a guest's memory. Of TLS several
 * chunks lie in one piece of memory: such are left to V8.
 */
function release({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}
