/** A connection to what listens in a guest, over a channel of its agent. */
import { Duplex, Readable } from "node:stream";
import type { Channel } from "./channel.ts";

/** Each direction ends by itself. It is destroyed with port.broken where the connection broke, with agent.lost where the guest ended. */
export function portStream(channel: Channel): Duplex {
  const readable = Readable.from(channel.stdout, { objectMode: false });
  // Node takes a pair of its own streams; its types know only the web's.
  const pair: unknown = { readable, writable: channel.stdin };
  const stream = Duplex.from(pair as Iterable<Uint8Array>);
  return stream.once("close", () => channel.close(0));
}
