import { Readable } from "node:stream";
import { routes } from "#contract/routes";
import type { Schemas } from "#contract/schemas";
import type { Address } from "../address.ts";
import type { EventOptions } from "../client.ts";
import { isAway, usualPatience, withPatience } from "../patience.ts";
import { Connection } from "./connection.ts";

type Event = Schemas["Event"];

/** Events that may wait for their reader before the socket is left unread. */
const most = 256;

/** Events as they happen; goes on after the last one seen when the daemon was away. */
export async function* events(
  address: Address,
  { after, signal, patience = usualPatience }: EventOptions,
): AsyncGenerator<Event, void> {
  let last = after;
  try {
    for (;;) {
      const stream = await withPatience(() => open(address, last, signal), patience, signal);
      for await (const event of untilLost(stream)) {
        last = event.id;
        yield event;
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/** Ends where the daemon went away, and fails where anything else is wrong. */
async function* untilLost(stream: AsyncIterable<Event>): AsyncGenerator<Event, void> {
  try {
    yield* stream;
  } catch (error) {
    if (!isAway(error)) throw error;
  }
}

async function open(
  address: Address,
  after: string | undefined,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Event>> {
  const query = after === undefined ? "" : `?after=${encodeURIComponent(after)}`;
  const connection = new Connection<"end">(address, routes.eventStream.path + query, undefined, signal);
  const queue = new Readable({
    objectMode: true,
    highWaterMark: most,
    read: () => connection.resume(),
    destroy: (error, done) => {
      connection.close(undefined);
      done(error);
    },
  });
  connection.onEvent((event) => {
    if (!queue.push(event)) connection.pause();
  });
  // Events that were queued when the connection was lost are asked for again.
  connection.ended.then(
    () => queue.push(null),
    (error: unknown) => queue.destroy(error instanceof Error ? error : undefined),
  );
  queue.on("error", () => undefined);
  await connection.started;
  return queue;
}
