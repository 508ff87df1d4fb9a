/**
 * Does QEMU take the options of a user-mode network, and lead a published port to the guest? No guest is
 * booted: this process is one, by way of a hub and a socket that carries frames (each after its length).
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { userAddress, userOptions } from "#hypervisor/net/user-mode";

/** EtherType, and where a frame holds it. */
const arp = 0x0806;
const type = (frame: Buffer): number => frame.readUInt16BE(12);

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function* framesFrom(socket: Socket): AsyncGenerator<Buffer> {
  let buffered = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    buffered = Buffer.concat([buffered, chunk]);
    while (buffered.length >= 4 && buffered.length >= 4 + buffered.readUInt32BE(0)) {
      const end = 4 + buffered.readUInt32BE(0);
      yield buffered.subarray(4, end);
      buffered = buffered.subarray(end);
    }
  }
}

/** The answer to an ARP request: "I have that address" (RFC 826). */
function arpReply(request: Buffer): Buffer {
  const reply = Buffer.from(request.subarray(0, 42));
  const mac = Buffer.from("525400000001", "hex");
  request.copy(reply, 0, 6, 12);
  mac.copy(reply, 6);
  reply[21] = 2;
  mac.copy(reply, 22);
  request.copy(reply, 28, 38, 42);
  request.copy(reply, 32, 22, 32);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(reply.length);
  return Buffer.concat([length, reply]);
}

test("a published port of a user-mode network leads to the guest's", { timeout: 20_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-test-user-"));
  const path = join(folder, "frames");
  const wire = createServer().listen(path);
  await once(wire, "listening");
  const hostPort = await freePort();
  const publishes = [{ protocol: "tcp" as const, hostPort, guestPort: 80 }];
  const args = ["-M", "none", "-nodefaults", "-display", "none"];
  args.push("-netdev", `user,id=nic0,${userOptions({ publishes, hostname: "web" })}`);
  args.push("-netdev", `stream,id=wire,server=off,addr.type=unix,addr.path=${path}`);
  args.push("-netdev", "hubport,id=one,hubid=0,netdev=nic0", "-netdev", "hubport,id=two,hubid=0,netdev=wire");
  const qemu = spawn("qemu-system-x86_64", args, { stdio: "ignore" });
  try {
    const [socket] = (await once(wire, "connection")) as [Socket];
    const client = connect(hostPort, "127.0.0.1");
    // Nobody completes the connection on the guest's side; what counts is the frame that begins it.
    client.on("error", () => undefined);
    for await (const frame of framesFrom(socket)) {
      if (type(frame) === arp) {
        socket.write(arpReply(frame));
        continue;
      }
      assert.equal(frame.subarray(30, 34).join("."), userAddress);
      assert.equal(frame.readUInt16BE(36), 80);
      break;
    }
    client.destroy();
  } finally {
    qemu.kill("SIGKILL");
    wire.close();
    await rm(folder, { recursive: true });
  }
});
