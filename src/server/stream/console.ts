import { Writable } from "node:stream";
import { stdout } from "#contract/stream";
import type { ConsoleService, GuestService } from "../services.ts";
import type { Channel } from "./channel.ts";

/** Takes what is typed by one who may only look. */
const nowhere = () => new Writable({ write: (_data, _encoding, done) => done() });

export interface ConsoleCall {
  readonly guests: Pick<GuestService, "console">;
  readonly consoles: Pick<ConsoleService, "resizeSerial">;
  readonly guest: string;
  readonly viewOnly: boolean;
}

/** A guest's serial console: what it said, then what it says, and keys the other way. */
export async function serveConsole(call: ConsoleCall, channel: Channel): Promise<void> {
  const { guests, consoles, guest, viewOnly } = call;
  const start = await channel.first("ConsoleStart");
  const line = await guests.console(guest, start, channel.gone);
  // Whoever reads it is told, also of what fails before; a stream whose error nobody heard of would end the daemon.
  line.on("error", () => undefined);
  const drop = () => line.destroy();
  channel.gone.addEventListener("abort", drop, { once: true });
  try {
    channel.gone.throwIfAborted();
    channel.onControl((frame) => {
      // Of a guest that is gone by now nobody's size matters.
      if (frame.type === "resize" && !viewOnly) consoles.resizeSerial(guest, frame).catch(() => undefined);
    });
    channel.feed(viewOnly ? nowhere() : line);
    await channel.send({ type: "started" });
    await channel.pump(line, stdout);
    await channel.finish({ type: "end" });
  } finally {
    line.destroy();
  }
}
