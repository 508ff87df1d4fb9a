/** `send-datagram.ts ADDRESS PORT HEX` sends one. */
import { createSocket } from "node:dgram";

const [address = "", port = "", hex = ""] = process.argv.slice(2);
const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
socket.send(Buffer.from(hex, "hex"), Number(port), address, (error) => {
  socket.close();
  process.exitCode = error ? 1 : 0;
});
