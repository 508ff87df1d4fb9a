/**
 * `dhcp6.ts DEVICE MAC`: asks for an address by DHCPv6 (RFC 8415) as a client does that is told "managed" by a router
 * advertisement, and prints it.
 *
 *   client                        server
 *     | --- Solicit, rapid commit --> |   to everybody who serves, ff02::1:2
 *     | <-- Reply, an address ------- |
 */
import { createSocket } from "node:dgram";

const [device = "", mac = ""] = process.argv.slice(2);

const option = (code: number, ...parts: Uint8Array[]): Buffer => {
  const data = Buffer.concat(parts);
  const head = Buffer.alloc(4);
  head.writeUInt16BE(code, 0);
  head.writeUInt16BE(data.length, 2);
  return Buffer.concat([head, data]);
};

function* options(data: Buffer): Generator<readonly [number, Buffer]> {
  for (let at = 0; at + 4 <= data.length;) {
    const length = data.readUInt16BE(at + 2);
    yield [data.readUInt16BE(at), data.subarray(at + 4, at + 4 + length)];
    at += 4 + length;
  }
}

const link = Buffer.from(mac.replaceAll(":", ""), "hex");
// A DUID of its own that has nothing of the card in it, as systemd's.
const duid = Buffer.concat([Buffer.from([0, 2, 0, 0, 0xab, 0x11]), link, Buffer.from("test")]);
const solicit = Buffer.concat([
  Buffer.from([1, 0x12, 0x34, 0x56]),
  option(1, duid),
  option(14),
  option(8, Buffer.alloc(2)),
  option(3, Buffer.from("test"), Buffer.alloc(8)),
]);

const socket = createSocket({ type: "udp6", reuseAddr: true });
socket.on("message", (message) => {
  if (message[0] !== 7) return;
  for (const [code, identity] of options(message.subarray(4))) {
    if (code !== 3) continue;
    for (const [inner, address] of options(identity.subarray(12))) {
      if (inner !== 5) continue;
      const groups = Array.from({ length: 8 }, (_, i) => address.readUInt16BE(2 * i).toString(16));
      process.stdout.write(`${groups.join(":")}\n`, () => process.exit(0));
    }
  }
});
const ask = () => socket.send(solicit, 547, `ff02::1:2%${device}`, () => undefined);
socket.on("error", () => process.exit(1));
socket.bind(546, "::", () => {
  socket.setMulticastInterface(`::%${device}`);
  ask();
  setInterval(ask, 300);
  setTimeout(() => process.exit(2), 8000);
});
