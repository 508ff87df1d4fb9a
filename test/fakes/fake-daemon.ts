/** A server over fake services on a socket of its own, for tests of both of its ends. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "#base/log";
import { createClient, type Client } from "#client/client";
import { createServer, type Server, type ServerOptions } from "#server/server";
import { FakeServices } from "./fake-services.ts";

export interface FakeDaemon {
  readonly services: FakeServices;
  readonly socketPath: string;
  readonly client: Client;
  /** Also listens on a loopback address; resolves to it. */
  listenTcp(): Promise<string>;
  /** The address it listens on since then. */
  readonly tcp: string;
  /** Ends the server, as a daemon's restart does. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export const fakeToken = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

export async function startFakeDaemon(
  options: Pick<ServerOptions, "peers" | "placing" | "web"> = {},
): Promise<FakeDaemon> {
  const folder = mkdtempSync(join(tmpdir(), "lodge-daemon-"));
  const socketPath = join(folder, "lodged.sock");
  const services = new FakeServices();
  let server: Server | undefined;
  let tcp = "";
  const daemon: FakeDaemon = {
    services,
    socketPath,
    client: createClient({ socketPath }),
    async listenTcp() {
      if (!server) throw new TypeError("the daemon is not running");
      return (tcp = await server.listenTcp("127.0.0.1:0"));
    },
    get tcp() {
      return tcp;
    },
    async start() {
      server = await createServer({
        services,
        log: silentLog,
        version: "0.0.0",
        token: fakeToken,
        ...options,
      });
      await server.listenUnix(socketPath);
    },
    async stop() {
      await server?.close();
      server = undefined;
    },
    async close() {
      await daemon.stop();
      rmSync(folder, { recursive: true });
    },
  };
  await daemon.start();
  return daemon;
}

/** Waits until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  // Only a test that fails waits so long, however much else this computer does.
  const end = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > end) throw new TypeError(`never came to hold: ${holds.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
