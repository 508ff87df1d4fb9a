import { duplexPair, type Duplex } from "node:stream";

/** A stream whose other end is taken in this process. */
export function innerStream(take: (stream: Duplex) => void): Duplex {
  const [near, far] = duplexPair();
  for (const end of [near, far]) end.on("error", () => undefined);
  // Neither hears of the other's being destroyed by itself.
  near.once("close", () => far.destroy());
  far.once("close", () => near.destroy());
  take(far);
  return near;
}
