import { Duplex } from "node:stream";
import { stdout, type ConsoleStart } from "#contract/stream";
import type { Address } from "../address.ts";
import { Connection } from "./connection.ts";

/** A guest's serial console. It is destroyed with api.daemon_lost where the daemon goes away. */
export async function openConsole(
  address: Address,
  path: string,
  start: ConsoleStart,
  signal?: AbortSignal,
): Promise<Duplex> {
  const connection = new Connection<"end">(address, path, start, signal);
  const output = connection.output(stdout);
  // Node takes a pair of its own streams; its types know only the web's.
  const pair: unknown = { readable: output, writable: connection.input() };
  const line = Duplex.from(pair as Iterable<Uint8Array>);
  line.on("close", () => connection.close(undefined));
  connection.ended.then(
    () => line.end(),
    (error: unknown) => line.destroy(error instanceof Error ? error : undefined),
  );
  try {
    await connection.started;
  } catch (error) {
    line.on("error", () => undefined);
    line.destroy();
    throw error;
  }
  return line;
}
