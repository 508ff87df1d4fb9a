/** Does a connection to a port inside a guest carry every byte, by its agent and by its address, and end as it should? */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { guestKey, type GuestRecord } from "#domain/guest/record";
import { TestLodge } from "../daemon.ts";

/** Gives back what it hears, on one port that only the guest itself can reach and one that others can, too; both are open when it returns. */
const echo = `use Socket; $SIG{CHLD} = "IGNORE";
for (["127.0.0.1", 7], ["0.0.0.0", 8]) {
  socket(my $s, PF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
  bind($s, sockaddr_in($_->[1], inet_aton($_->[0]))) or die $!; listen($s, 16);
  next if fork;
  while (accept(my $c, $s)) { next if fork; while (sysread($c, my $b, 65536)) { print $c $b; $c->flush } exit }
}`;

const sum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function comesBack(line: Duplex, size: number): Promise<void> {
  const sent = randomBytes(size);
  line.end(sent);
  assert.equal(sum(await buffer(line)), sum(sent));
}

describe("a port of a guest", () => {
  let lodge: TestLodge;
  const serving = () => lodge.sh("g", `perl -MIO::Handle -e '${echo}' </dev/null >/dev/null 2>&1`);
  before(async () => {
    lodge = await TestLodge.start();
    await lodge.run({ name: "g" });
    await serving();
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  it("is reached by the agent, on the guest's own loopback, for several at once", async () => {
    const sizes = [1, 100_000, 4_000_000];
    await Promise.all(sizes.map(async (size) => comesBack(await lodge.client.port("g", 7), size)));
  });

  it("says that nothing listens", async () => {
    await assert.rejects(lodge.client.port("g", 9), (error) => hasCode(error, "port.refused"));
  });

  it("is reached by the guest's address alone where it has no agent of Lodge's", async () => {
    await setAgent("none");
    await comesBack(await lodge.client.port("g", 8), 4_000_000);
    await assert.rejects(lodge.client.port("g", 7), (error) => hasCode(error, "port.refused"));
    const line = await lodge.client.port("g", 8);
    const broken = assert.rejects(buffer(line), (error) => hasCode(error, "port.broken"));
    await lodge.done(lodge.client.call("guestStop", { params: { guest: "g" }, body: { force: true } }));
    await broken;
    await setAgent("lodge");
    await assert.rejects(lodge.client.port("g", 8), (error) => hasCode(error, "guest.wrong_state"));
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "g" } }));
  });

  it("is told to have gone when the guest stops meanwhile", async () => {
    await serving();
    const line = await lodge.client.port("g", 7);
    line.write("x");
    await once(line, "data");
    const lost = once(line, "error") as Promise<[unknown]>;
    await lodge.done(lodge.client.call("guestRestart", { params: { guest: "g" }, body: { force: true } }));
    assert.ok(hasCode((await lost)[0], "agent.lost"));
  });

  it("is the display's, for a viewer that connects to a port of this computer", async (t) => {
    const launcher = join(import.meta.dirname, "../../../bin/lodge");
    const env = { ...process.env, LODGE_HOME: lodge.home };
    const child = spawn(launcher, ["viewer", "g"], { env, stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => child.kill("SIGINT"));
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    const socket = connect(Number(/127\.0\.0\.1:(\d+)/.exec(said.toString())![1]), "127.0.0.1");
    t.after(() => socket.destroy());
    const { width, height, name } = await firstFrame(socket);
    assert.deepEqual([width > 300, height > 200, name], [true, true, "g"]);
  });

  /** As a guest of an image with another agent, or none: the record says it, and a daemon that starts believes it. */
  async function setAgent(agent: GuestRecord["agent"]): Promise<void> {
    const { id } = await lodge.guest("g");
    await lodge.end("SIGTERM");
    await lodge.withStore(async (store) => {
      const found = (await store.get(guestKey(id)))!;
      const record = { ...(found.value as GuestRecord), agent };
      await store.transact({ put: [{ key: guestKey(id), value: record }] });
    });
    await lodge.start();
  }
});

/** As a viewer, asks for the first frame and reads all of it, as pixels as they are. */
async function firstFrame(socket: Socket): Promise<{ width: number; height: number; name: string }> {
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let held = Buffer.alloc(0);
  const read = async (count: number) => {
    while (held.length < count) held = Buffer.concat([held, (await chunks.next()).value as Buffer]);
    const bytes = held.subarray(0, count);
    held = held.subarray(count);
    return bytes;
  };
  assert.equal((await read(12)).toString(), "RFB 003.008\n");
  socket.write("RFB 003.008\n");
  assert.deepEqual([...(await read(2))], [1, 1]);
  socket.write(Buffer.of(1));
  await read(4);
  socket.write(Buffer.of(1));
  const head = await read(24);
  const [width, height] = [head.readUInt16BE(0), head.readUInt16BE(2)];
  const name = (await read(head.readUInt32BE(20))).toString();
  // SetEncodings: pixels as they are.
  socket.write(Buffer.of(2, 0, 0, 1, 0, 0, 0, 0));
  const request = Buffer.alloc(10);
  request[0] = 3;
  request.writeUInt16BE(width, 6);
  request.writeUInt16BE(height, 8);
  socket.write(request);
  const count = (await read(4)).readUInt16BE(2);
  let pixels = 0;
  for (let at = 0; at < count; at++) {
    const rectangle = await read(12);
    assert.equal(rectangle.readInt32BE(8), 0);
    const area = rectangle.readUInt16BE(4) * rectangle.readUInt16BE(6);
    await read(area * (head[4]! / 8));
    pixels += area;
  }
  assert.ok(pixels > 0);
  return { width, height, name };
}
