/** Can what a guest says stop the daemon, take its memory or its time, or be taken for more than a guest's word? */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, stat, truncate, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { describe, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode, LodgeError } from "#contract/errors";
import { systemClock } from "#base/clock";
import { SerialQueue } from "#base/queue";
import { watchDrives } from "#domain/guest/drive";
import { cutLogs } from "#domain/host/keep-logs";
import { statusInside } from "#domain/guest/cloud-init";
import { AgentClient } from "#hypervisor/agent/client";
import { FrameReader } from "#hypervisor/agent/frame-reader";
import {
  chunkSize,
  encodeFields,
  encodeFrame,
  encodePosition,
  Fields,
  frameType,
  magic,
  streamWindow,
} from "#hypervisor/agent/protocol";
import { QgaClient } from "#hypervisor/agent/qga";
import { logLimits } from "#hypervisor/host/log-file";
import { Monitor, type QmpEvent } from "#hypervisor/qemu/monitor";
import { SpiceAgent } from "#hypervisor/spice/spice-agent";
import { silentLog } from "#base/log";
import { attack } from "../attack.ts";
import { closedBy, flood, hostileSocket, type Flood } from "./at-socket.ts";

const MiB = 2 ** 20;
const greeting =
  '{"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}}, "capabilities": []}}\r\n';
const none: Flood = { sent: () => 0, most: () => 0 };
/** Something of it went, and no more than is let through. */
function assertBounded({ sent, most }: Flood): void {
  assert.ok(sent() > 0 && sent() <= most(), `${sent()} bytes, of at most ${most()}`);
}

/** A QEMU that was taken over: it greets, lets itself be talked to, and then does what the test wants. */
async function taken(t: TestContext): Promise<{ monitor: Monitor; qemu: Socket }> {
  let qemu: Socket | undefined;
  const path = await hostileSocket(t, (socket) => {
    qemu = socket;
    socket.write(greeting);
    socket.once("data", () => socket.write('{"return": {}, "id": 1}\r\n'));
  });
  const monitor = await Monitor.connect(path);
  t.after(() => monitor.close());
  return { monitor, qemu: qemu! };
}

/** An agent that answers the HELLO rightly and everything else as the test wants. */
async function agentOf(
  t: TestContext,
  onFrame: (say: (type: number, payload: Uint8Array) => void, type: number, socket: Socket) => void,
): Promise<AgentClient> {
  const path = await hostileSocket(t, (socket) => {
    let reader: FrameReader | undefined;
    socket.on("data", (bytes: Buffer) => {
      let rest = bytes;
      let epoch = 0;
      if (!reader) {
        const end = magic.length + 9 + bytes.readUInt32BE(magic.length) + 4;
        epoch = bytes.readUInt32BE(end - 4);
        const nonce = new Fields(bytes.subarray(magic.length + 9, end - 4)).bytes("nonce")!;
        reader = new FrameReader(epoch);
        reader.push(Buffer.concat([magic, encodeFrame(frameType.welcome, 0, Buffer.alloc(0), epoch)]));
        const welcome = encodeFields({ nonce, boot: "boot", version: 1 });
        socket.write(Buffer.concat([magic, encodeFrame(frameType.welcome, 0, welcome, epoch)]));
        rest = bytes.subarray(end);
      }
      for (const frame of reader.push(rest))
        onFrame(
          (type, payload) => socket.write(encodeFrame(type, frame.channel, payload, frame.epoch)),
          frame.type,
          socket,
        );
    });
  });
  const client = new AgentClient({ path, guest: "g" });
  t.after(() => client.close());
  return client;
}

describe("a QEMU that its guest has taken over", () => {
  attack("it says what is no JSON", async (t) => {
    const { monitor, qemu } = await taken(t);
    qemu.write("}{ nonsense\r\n");
    await monitor.closed();
    await assert.rejects(monitor.execute("query-status"), { code: "host.qemu_gone" });
  });

  attack("its messages have parts of other kinds than QMP's", async (t) => {
    for (const words of [
      '{"QMP": 7}',
      '{"event": {}}',
      '{"event": "STOP", "data": 1}',
      "[]",
      "null",
      '{"id": "x"}',
    ]) {
      const { monitor, qemu } = await taken(t);
      qemu.write(`${words}\r\n`);
      await monitor.closed();
    }
  });

  attack("its greeting is none", async (t) => {
    const path = await hostileSocket(t, (socket) => socket.write('{"QMP": {"version": null}}\r\n'));
    await assert.rejects(Monitor.connect(path), { code: "host.qemu_gone" });
  });

  attack("it says one line that never ends", async (t) => {
    const { monitor, qemu } = await taken(t);
    const flooded = flood(qemu, Buffer.alloc(65_536, "x"));
    await monitor.closed();
    assertBounded(flooded);
  });

  attack("it tells of millions of events", async (t) => {
    const { monitor, qemu } = await taken(t);
    let heard = 0;
    monitor.onEvent(() => heard++);
    const event = Buffer.from(`{"event": "RESET", "data": {}}\r\n`.repeat(2048));
    const flooded = flood(qemu, event);
    await delay(1000);
    assert.ok(heard > 0);
    assertBounded(flooded);
    qemu.destroy();
  });

  attack("it tells of a drive's tray that opens and opens, each of which is looked into", async () => {
    const asked: string[] = [];
    let tell: (event: QmpEvent) => void = () => undefined;
    const monitor = {
      onEvent: (listener: typeof tell) => ((tell = listener), () => undefined),
      execute: async (command: string) => (asked.push(command), []),
    };
    const live = { id: "g0", monitor, drives: new SerialQueue() };
    watchDrives({ store: {} as never, log: silentLog }, live as never);
    for (let at = 0; at < 100_000; at++)
      tell({ event: "DEVICE_TRAY_MOVED", data: { "tray-open": true }, at });
    await live.drives.run(async () => undefined);
    assert.ok(asked.length > 0 && asked.length < 5, `${asked.length} questions`);
  });

  attack("it answers a question a second time, and one that nobody asked", async (t) => {
    const { monitor, qemu } = await taken(t);
    qemu.write('{"return": {}, "id": 1}\r\n{"return": {}, "id": 99}\r\n');
    const answer = monitor.execute("query-status");
    qemu.write('{"return": {"status": "running"}, "id": 2}\r\n');
    assert.deepEqual(await answer, { status: "running" });
  });

  attack("its answers say that it never heard of anything, a thousand words long", async (t) => {
    const { monitor, qemu } = await taken(t);
    const answer = monitor.execute("query-status");
    qemu.write(`{"error": {"class": "GenericError", "desc": "${"x".repeat(MiB)}"}, "id": 2}\r\n`);
    const error = await answer.catch((failure: unknown) => failure);
    assert.ok(hasCode(error, "host.qemu_failed"));
    assert.ok(JSON.stringify((error as LodgeError).detail).length < 5000);
  });
});

describe("a guest's agent that means harm", () => {
  attack("it floods its port with what nobody asked for", async (t) => {
    let flooded = none;
    const client = await agentOf(t, (_say, type, socket) => {
      if (type === frameType.ping) flooded = flood(socket, Buffer.alloc(65_536, 0x5a));
    });
    await client.ping({ timeout: 1000 }).catch(() => undefined);
    assertBounded(flooded);
  });

  attack("it floods its port with frames of channels that there are not", async (t) => {
    let flooded = none;
    const client = await agentOf(t, (_say, type, socket) => {
      if (type !== frameType.ping) return;
      flooded = flood(socket, Buffer.concat([magic, encodeFrame(frameType.ready, 7, Buffer.alloc(8192), 1)]));
    });
    await client.ping({ timeout: 1000 }).catch(() => undefined);
    assertBounded(flooded);
  });

  attack("a command in it says more than its window lets it, to whoever reads slowly", async (t) => {
    const client = await agentOf(t, (say, type) => {
      if (type !== frameType.open) return;
      say(frameType.opened, encodeFields({ pid: 7 }));
      for (let sent = 0; sent < 4 * streamWindow; sent += chunkSize)
        say(frameType.data, encodePosition(1, sent, Buffer.alloc(chunkSize)));
    });
    const command = await client.exec({ argv: ["yes"] });
    await assert.rejects(command.exit, (error) => hasCode(error, "agent.refused"));
  });

  attack(
    "its reason for a refusal has a quarter of a megabyte, which would be kept with the operation",
    async (t) => {
      const client = await agentOf(t, (say, type) => {
        if (type === frameType.open)
          say(frameType.fail, encodeFields({ code: "x", reason: "r".repeat(200_000) }));
      });
      const error = await client.request({ do: "facts" }, {}).catch((failure: unknown) => failure);
      assert.ok(hasCode(error, "agent.refused"));
      assert.ok((error as LodgeError).message.length < 1200);
    },
  );

  attack("it names ten thousand parts of its identity that it could not take", async (t) => {
    const client = await agentOf(t, (say, type) => {
      if (type === frameType.open)
        say(
          frameType.result,
          encodeFields({ skipped: Array.from({ length: 10_000 }, () => "hostname: no") }),
        );
    });
    const error = await client.identity({ hostname: "a" } as never).catch((failure: unknown) => failure);
    assert.ok(hasCode(error, "agent.identity"));
    assert.ok((error as LodgeError).message.length < 5000);
  });

  attack("it says that its cloud-init has a state without end", async () => {
    let said = 0;
    const endless = async function* () {
      for (; said < 300; said++) yield Buffer.alloc(MiB, "x");
    };
    const stdout = Readable.from(endless(), { objectMode: false });
    const command = {
      stdin: new PassThrough(),
      stdout,
      stderr: new PassThrough().end(),
      exit: once(stdout, "end").then(() => ({ code: 0 })),
      resize: () => undefined,
      kill: () => undefined,
    };
    const before = process.memoryUsage.rss();
    const status = await statusInside({ exec: async () => command }, systemClock);
    assert.equal(status, undefined);
    assert.equal(said, 300);
    assert.ok(process.memoryUsage.rss() - before < 150 * MiB);
  });
});

describe("QEMU's guest agent that means harm", () => {
  const ask = async (t: TestContext, answer: (socket: Socket) => void) => {
    const path = await hostileSocket(t, (socket) => {
      socket.on("data", (bytes: Buffer) => {
        const id = /"guest-sync-delimited".*?"id":(\d+)/s.exec(bytes.toString())?.[1];
        if (id === undefined) answer(socket);
        else socket.write(Buffer.concat([Buffer.of(0xff), Buffer.from(`{"return": ${id}}\n`)]));
      });
    });
    const client = new QgaClient({ path, guest: "g" });
    t.after(() => client.close());
    return client.call("guest-get-host-name", {}, { parse: String, timeout: 5000 });
  };

  attack("its answer never ends", async (t) => {
    let flooded = none;
    const asked = ask(t, (socket) => (flooded = flood(socket, Buffer.alloc(65_536, "x"))));
    await assert.rejects(asked, (error) => hasCode(error, "agent.bad_answer", "agent.lost"));
    assert.ok(flooded.sent() <= 4 * MiB, `${flooded.sent()} bytes`);
  });

  attack("its answer is a million brackets within each other", async (t) => {
    const deep = Buffer.from(`{"return": ${"[".repeat(500_000)}${"]".repeat(500_000)}}\n`);
    await assert.rejects(
      ask(t, (socket) => socket.write(deep)),
      (error) => hasCode(error, "agent.bad_answer"),
    );
  });

  attack("its answer has names that JavaScript gives a meaning", async (t) => {
    const evil =
      '{"return": {"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}}\n';
    await ask(t, (socket) => socket.write(evil));
    assert.equal("polluted" in {}, false);
  });
});

describe("SPICE's agent that means harm", () => {
  attack("it copies texts without end", async (t) => {
    let flooded = none;
    const connected = Promise.withResolvers<Socket>();
    const path = await hostileSocket(t, (socket) => connected.resolve(socket));
    const agent = new SpiceAgent(path);
    t.after(() => agent.close());
    agent.open();
    // A chunk of the agent's port that says that it has a megabyte of something that nobody knows.
    const head = Buffer.alloc(28);
    head.writeUInt32LE(1, 0);
    head.writeUInt32LE(20 + MiB, 4);
    head.writeUInt32LE(1, 8);
    head.writeUInt32LE(99, 12);
    head.writeUInt32LE(MiB, 24);
    flooded = flood(await connected.promise, Buffer.concat([head, Buffer.alloc(MiB)]));
    await delay(1000);
    assertBounded(flooded);
  });

  attack("it says that a message has four gigabytes", async (t) => {
    const connected = Promise.withResolvers<Socket>();
    const path = await hostileSocket(t, (socket) => connected.resolve(socket));
    const agent = new SpiceAgent(path);
    t.after(() => agent.close());
    agent.open();
    const socket = await connected.promise;
    const head = Buffer.alloc(28);
    head.writeUInt32LE(1, 0);
    head.writeUInt32LE(0x0f00_0000, 4);
    head.writeUInt32LE(1, 8);
    head.writeUInt32LE(4, 12);
    head.writeUInt32LE(0xffff_ffff, 24);
    socket.write(head);
    await closedBy(socket);
  });
});

describe("what a guest leaves on the host's disk", () => {
  attack("its serial console says gigabytes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lodge-serial-"));
    try {
      const log = join(folder, "serial.log");
      await writeFile(log, Buffer.alloc(64 * MiB, "x"));
      await cutLogs({ logs: () => [log], log: silentLog });
      const { blocks } = await stat(log);
      assert.ok(blocks * 512 <= logLimits.most);
      await truncate(log, 2 ** 40);
      await cutLogs({ logs: () => [log], log: silentLog });
      const { size } = await stat(log);
      assert.ok(size <= logLimits.longest, "a hole without end would be copied");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
