import { Readable } from "node:stream";
import { routes } from "#contract/routes";
import type { FeedFrame, FeedKind } from "#contract/schema/feed";
import type { Address } from "../address.ts";
import { isAway, usualPatience, withPatience } from "../patience.ts";
import type { CallOptions } from "../request.ts";
import { Connection } from "./connection.ts";

export interface EventOptions extends CallOptions {
  readonly after?: string | undefined;
  /** Milliseconds to wait for a daemon that is away. Default 20,000. */
  readonly patience?: number;
}

export interface FollowOptions extends EventOptions {
  /** The `at` of a page or a frame: nothing that came after it is missed. */
  readonly from?: string | undefined;
  /** What to tell of. Default: the log's events alone. */
  readonly kinds?: readonly FeedKind[];
  /** Only what is about this guest, by its name or id. */
  readonly guest?: string | undefined;
  /** Only what belongs to this project. Default: the client's. */
  readonly project?: string | undefined;
}

/** Frames that may wait for their reader before the socket is left unread. */
const most = 256;

/** Frames as they come; goes on after the last one seen when the daemon was away. */
export async function* follow(
  address: Address,
  { after, from, kinds, guest, project, signal, patience = usualPatience }: FollowOptions,
): AsyncGenerator<FeedFrame, void> {
  const asked = { kinds: kinds?.join(","), guest, project };
  let place: Record<string, string | undefined> = { after, from };
  try {
    for (;;) {
      const stream = await withPatience(
        () => open(address, { ...asked, ...place }, signal),
        patience,
        signal,
      );
      for await (const frame of untilLost(stream)) {
        if (frame.at !== undefined) place = { from: frame.at };
        yield frame;
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/** Ends where the daemon went away, and fails where anything else is wrong. */
async function* untilLost(stream: AsyncIterable<FeedFrame>): AsyncGenerator<FeedFrame, void> {
  try {
    yield* stream;
  } catch (error) {
    if (!isAway(error)) throw error;
  }
}

async function open(
  address: Address,
  query: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<FeedFrame>> {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const path = `${routes.eventStream.path}?${new URLSearchParams(given).toString()}`;
  const connection = new Connection<"end">(address, path, undefined, signal);
  const queue = new Readable({
    objectMode: true,
    highWaterMark: most,
    read: () => connection.resume(),
    destroy: (error, done) => {
      connection.close(undefined);
      done(error);
    },
  });
  connection.onFrame((frame) => {
    if (!queue.push(frame)) connection.pause();
  });
  // Frames that were queued when the connection was lost are asked for again.
  connection.ended.then(
    () => queue.push(null),
    (error: unknown) => queue.destroy(error instanceof Error ? error : undefined),
  );
  queue.on("error", () => undefined);
  await connection.started;
  return queue;
}
