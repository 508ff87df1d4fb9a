/**
 * A program of its own, with as many files as the system allows: opens connections and does nothing with them. Says in
 * lines of JSON how many stood at once; ends when its input does.
 *
 *   node idle-crowd.ts PORT COUNT ADDRESS [TOKEN]     with a token each becomes a WebSocket of events
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const [port = "", count = "", address = "", token] = process.argv.slice(2);
/** Connections that are being made at a time. */
const hurry = 100;

const standing = new Set<Socket>();
let most = 0;

const greeting = [
  "GET /v1/events HTTP/1.1",
  `Host: 127.0.0.1:${port}`,
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==",
  `Authorization: Bearer ${token}`,
  "\r\n",
].join("\r\n");

async function one(): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port: Number(port), localAddress: address });
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  await Promise.race([once(socket, "connect"), closed]).catch(() => undefined);
  if (socket.destroyed) return;
  standing.add(socket);
  most = Math.max(most, standing.size);
  socket.once("close", () => standing.delete(socket));
  if (token === undefined) {
    socket.resume();
    return;
  }
  socket.write(greeting);
  await Promise.race([once(socket, "data"), closed]).catch(() => undefined);
  socket.resume();
}

let left = Number(count);
await Promise.all(
  Array.from({ length: hurry }, async () => {
    while (left-- > 0) await one();
  }),
);
console.log(JSON.stringify({ most, standing: standing.size }));
process.stdin.resume();
await once(process.stdin, "end");
for (const socket of standing) socket.destroy();
