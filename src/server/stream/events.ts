import type { EventService } from "../services.ts";
import type { Channel } from "./channel.ts";

/** Events as they happen, after the given one or from now on. "started" says that none will be missed. */
export async function serveEvents(
  events: EventService,
  after: string | undefined,
  channel: Channel,
): Promise<void> {
  const stream = events.stream(after, channel.gone)[Symbol.asyncIterator]();
  try {
    let next = stream.next();
    next.catch(() => undefined);
    await channel.send({ type: "started" });
    for (let result = await next; !result.done; result = await next) {
      await channel.send({ type: "event", event: result.value });
      next = stream.next();
    }
    await channel.finish({ type: "end" });
  } finally {
    await stream.return?.();
  }
}
