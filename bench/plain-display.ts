/**
 * The peer of the display: what puts QEMU's VNC on a WebSocket and nothing more, as websockify does. Bytes one way are
 * bytes the other way.
 */
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { WebSocketServer } from "ws";

/** Serves QEMU's socket on one of its own; the function that is returned ends it. */
export async function servePlainly(path: string, qemu: string): Promise<() => void> {
  const http = createServer();
  const end = passOn(http, qemu);
  await new Promise<void>((resolve) => http.listen(path, resolve));
  return end;
}

/** Has each WebSocket of a server be QEMU's socket; the function that is returned ends all of it. */
export function passOn(http: Server, qemu: string): () => void {
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  server.on("connection", (viewer) => {
    const socket = connect(qemu);
    socket.setNoDelay(true);
    socket.on("data", (bytes) => viewer.send(bytes));
    socket.on("error", () => undefined);
    socket.on("close", () => viewer.close());
    viewer.on("message", (bytes: Buffer) => socket.write(bytes));
    viewer.on("close", () => socket.destroy());
  });
  return () => {
    for (const viewer of server.clients) viewer.terminate();
    http.close();
    http.closeAllConnections();
  };
}
