import { Writable } from "node:stream";
import { stdout } from "#contract/stream";
import type { GuestService } from "../services.ts";
import type { Channel } from "./channel.ts";

/** Takes what is typed by one who may only look. */
const nowhere = () => new Writable({ write: (_data, _encoding, done) => done() });

/** A guest's serial console: what it said, then what it says, and keys the other way. */
export async function serveConsole(
  guests: Pick<GuestService, "console">,
  guest: string,
  channel: Channel,
  viewOnly = false,
): Promise<void> {
  const start = await channel.first("ConsoleStart");
  const line = await guests.console(guest, start, channel.gone);
  const drop = () => line.destroy();
  channel.gone.addEventListener("abort", drop, { once: true });
  try {
    channel.gone.throwIfAborted();
    channel.feed(viewOnly ? nowhere() : line);
    await channel.send({ type: "started" });
    await channel.pump(line, stdout);
    await channel.finish({ type: "end" });
  } finally {
    line.destroy();
  }
}
