import { Duplex, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stdout } from "#contract/stream";
import type { Address } from "../address.ts";
import { Connection } from "./connection.ts";

/**
 * A connection to a port of a guest, each direction of which ends by itself. It is destroyed with why it broke off, with
 * api.daemon_lost where the daemon goes away.
 */
export async function openPort(address: Address, path: string, signal?: AbortSignal): Promise<Duplex> {
  const connection = new Connection<"end">(address, path, undefined, signal);
  const output = connection.output(stdout);
  await connection.started;
  // The end of what came is the end of what was said only where the server says so.
  const whole = new Transform({
    transform: (bytes, _encoding, done) => done(null, bytes),
    flush: (done) => {
      if (connection.eof) done();
      else connection.ended.then(() => done(), done);
    },
  });
  pipeline(output, whole).catch(() => undefined);
  // Node takes a pair of its own streams; its types know only the web's.
  const pair: unknown = { readable: whole, writable: connection.input() };
  const line = Duplex.from(pair as Iterable<Uint8Array>);
  line.on("close", () => connection.close(undefined));
  connection.ended.catch((error: unknown) => line.destroy(error instanceof Error ? error : undefined));
  return line;
}
