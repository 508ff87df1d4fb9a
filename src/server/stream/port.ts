/** A connection to a port of a guest: bytes both ways, of which each ends by itself. */
import { Writable, type Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import { LodgeError } from "#contract/errors";
import { stdout } from "#contract/stream";
import type { GuestService } from "../services.ts";
import type { Channel } from "./channel.ts";

/** For a day's work at a shell that nobody types into; whoever has gone away for longer has left it. */
const longestSilence = 12 * 3_600_000;

export async function servePort(
  guests: Pick<GuestService, "port">,
  { guest, port, silence = longestSilence }: { guest: string; port: number; silence?: number },
  channel: Channel,
): Promise<void> {
  channel.begin();
  const line = await guests.port(guest, port, channel.gone);
  // Whoever reads it is told.
  line.on("error", () => undefined);
  const quiet = setTimeout(() => {
    line.destroy(new LodgeError("port.idle", { guest, port, hours: silence / 3_600_000 }));
  }, silence).unref();
  const touch = () => void quiet.refresh();
  const drop = () => line.destroy();
  channel.gone.addEventListener("abort", drop, { once: true });
  try {
    channel.gone.throwIfAborted();
    channel.feed(heard(line, touch));
    await channel.send({ type: "started" });
    await channel.pump(said(line, touch), stdout);
    await channel.send({ type: "eof" });
    await finished(line);
    await channel.finish({ type: "end" });
  } finally {
    clearTimeout(quiet);
    line.destroy();
  }
}

/** What it says. That it says no more does not end it. */
async function* said(line: Duplex, touch: () => void): AsyncGenerator<Uint8Array> {
  for await (const bytes of line.iterator({ destroyOnReturn: false })) {
    touch();
    yield bytes as Uint8Array;
  }
}

/** What it is told, which it takes when it can. */
const heard = (line: Duplex, touch: () => void): Writable =>
  new Writable({
    write(bytes, _encoding, done) {
      touch();
      line.write(bytes, done);
    },
    final(done) {
      line.end(done);
    },
  });
