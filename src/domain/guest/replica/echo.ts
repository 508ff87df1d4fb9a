/** Connections of a replica that end in this process: one whose bytes come back, by which each end hears that the other is there. */
import { duplexPair, type Duplex } from "node:stream";

/** Milliseconds. */
export const pulse = { every: 500, longest: 3000 } as const;

/**
 * What comes goes back, or to `take`.
 *
 * @param silent called once when nothing has come for too long, or it was closed
 */
export function ended(silent?: () => void, take?: (stream: Duplex) => void): Duplex {
  const [near, far] = duplexPair();
  for (const end of [near, far]) end.on("error", () => undefined);
  // Neither hears of the other's being destroyed by itself.
  near.once("close", () => far.destroy());
  far.once("close", () => near.destroy());
  if (take) take(far);
  else
    watchPulse(
      far,
      () => silent?.(),
      (bytes) => far.write(bytes),
    );
  return near;
}

/** Calls back once when nothing has come for too long, or the connection is gone. */
export function watchPulse(stream: Duplex, silent: () => void, heard: (bytes: Buffer) => void): void {
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    stream.destroy();
    silent();
  };
  let timer = setTimeout(end, pulse.longest);
  stream.on("data", (bytes: Buffer) => {
    clearTimeout(timer);
    if (over) return;
    timer = setTimeout(end, pulse.longest);
    heard(bytes);
  });
  stream.on("error", () => undefined);
  stream.once("end", end);
  stream.once("close", end);
}
