/** A hostile end of one of a guest's sockets, which says whatever a test wants. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** Listens until the test ends; `meet` is called with whoever connects. */
export async function hostileSocket(t: TestContext, meet: (socket: Socket) => void): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-hostile-guest-"));
  const path = join(folder, "socket");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    meet(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(folder, { recursive: true });
  });
  return path;
}

export interface Flood {
  /** Bytes that went. */
  readonly sent: () => number;
  /** Bytes that may have: what is let through at once and in the time since it began, and what the kernel keeps. */
  readonly most: () => number;
}

const MiB = 2 ** 20;

/** Writes the same bytes on and on, as fast as they are taken. */
export function flood(socket: Socket, bytes: Buffer): Flood {
  let sent = 0;
  const began = performance.now();
  const more = (): void => {
    while (!socket.destroyed) {
      sent += bytes.length;
      if (!socket.write(bytes)) return;
    }
  };
  socket.on("drain", more);
  more();
  return { sent: () => sent, most: () => 24 * MiB + (4.5 * MiB * (performance.now() - began)) / 1000 };
}

/** Resolves when the socket was closed from the other side. */
export const closedBy = async (socket: Socket): Promise<void> => {
  socket.resume();
  if (!socket.destroyed) await once(socket, "close");
};
