/** `answer.ts NAME TCP-PORT [UDP-PORT]`: tells whoever connects or sends a datagram "NAME their-address". */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const [name, tcpPort, udpPort] = process.argv.slice(2);

const ready: Promise<void>[] = [];
const server = createServer((socket) =>
  socket.end(`${name} ${socket.remoteAddress?.replace("::ffff:", "")}`),
);
ready.push(new Promise((resolve) => server.listen(Number(tcpPort), "::", resolve)));
if (udpPort !== undefined) {
  const socket = createSocket("udp4");
  socket.on("message", (_, from) => socket.send(`${name} ${from.address}`, from.port, from.address));
  ready.push(new Promise((resolve) => socket.bind(Number(udpPort), resolve)));
}
await Promise.all(ready);
console.log("ready");
