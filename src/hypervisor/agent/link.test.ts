/** What breaks: connections, agents, hosts, and the bytes themselves. Against the real agent. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { hasCode } from "#contract/errors";
import { AgentProcess, BreakingWay } from "../../../test/fakes/agent-process.ts";
import { FrameReader, type ReadFrame } from "./frame-reader.ts";
import { encodeFields, encodeFrame, frameType, magic, maxPayload } from "./protocol.ts";

const user = userInfo().username;

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  let all = "";
  for await (const chunk of stream) all += chunk.toString();
  return all;
}

const lost = (error: unknown) => hasCode(error, "agent.lost");

const numbers = (count: number) => Array.from({ length: count }, (_, at) => `${at + 1}\n`).join("");

describe("a connection that breaks", () => {
  it("loses and doubles nothing, in either direction, wherever it breaks", async (t) => {
    const agent = await AgentProcess.start(t);
    // Always the same places, of all sizes: in the middle of greetings, of heads and of data.
    let seed = 7;
    const lives = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return 200 + (seed % 60_000);
    };
    const way = new BreakingWay(t, join(agent.folder, "way"), agent.path, lives);
    const client = agent.client({ path: way.path });
    const session = await client.exec({ argv: ["sh", "-c", "cat; echo end >&2; exit 3"], user });
    const input = numbers(150_000);
    session.stdin.end(input);
    const [output, errors] = await Promise.all([text(session.stdout), text(session.stderr)]);
    assert.ok(output === input);
    assert.equal(errors, "end\n");
    assert.deepEqual(await session.exit, { code: 3 });
    assert.ok(way.breaks > 20, `${way.breaks} breaks`);
  });

  it("is lost when nobody listens any more", async (t) => {
    const agent = await AgentProcess.start(t);
    const client = agent.client();
    const session = await client.exec({ argv: ["sleep", "3"], user });
    const output = assert.rejects(text(session.stdout), lost);
    await agent.stop();
    await output;
    await assert.rejects(session.exit, lost);
    await assert.rejects(client.runToEnd(["true"]), lost);
    process.kill(-session.pid, "SIGKILL");
  });

  it("is not tried for longer than the caller waits", async (t) => {
    const agent = await AgentProcess.start(t);
    const client = agent.client({ path: join(agent.folder, "nothing") });
    await assert.rejects(client.hello({ timeout: 60 }), (error) => hasCode(error, "agent.unreachable"));
    const signal = AbortSignal.timeout(30);
    await assert.rejects(client.hello({ signal }), { name: "TimeoutError" });
  });
});

describe("a host that comes back", () => {
  it("takes its commands up where it left them", async (t) => {
    const agent = await AgentProcess.start(t);
    const first = agent.client({ session: "s" });
    const started = await first.exec({ argv: ["sh", "-c", "seq 1 100000; cat"], user });
    started.stdin.write("one ");
    let output = "";
    for await (const chunk of started.stdout) {
      output += chunk.toString();
      if (output.length > 300_000) break;
    }
    const from = { stdout: output.length, stderr: 0 };
    assert.ok(from.stdout <= started.positions.stdout);
    const { id } = started;
    first.close();

    const second = agent.client({ session: "s" });
    assert.deepEqual((await second.hello()).channels, [id]);
    // Its reader stopped: what came later was thrown away, and that place is where it goes on.
    const stdout = started.positions.stdout;
    const session = await second.attach(id, { stdout, stderr: 0 });
    assert.equal(session.positions.stdin, 4);
    session.stdin.end("two");
    const rest = await text(session.stdout);
    assert.ok(rest === `${numbers(100_000)}one two`.slice(stdout));
    assert.deepEqual(await session.exit, { code: 0 });
  });

  it("is told again how a command ended that ended meanwhile", async (t) => {
    const agent = await AgentProcess.start(t);
    const first = agent.client({ session: "s" });
    const { id, pid } = await first.exec({ argv: ["sh", "-c", "sleep 0.05; echo out; exit 9"], user });
    first.close();
    await delay(150);
    const session = await agent.client({ session: "s" }).attach(id, { stdout: 0, stderr: 0 });
    assert.equal(session.pid, pid);
    assert.equal(await text(session.stdout), "out\n");
    assert.equal(await text(session.stderr), "");
    assert.deepEqual(await session.exit, { code: 9 });
  });

  it("cannot have what was thrown away, nor what never was", async (t) => {
    const agent = await AgentProcess.start(t);
    const first = agent.client({ session: "s" });
    const { id } = await first.exec({ argv: ["echo", "hello"], user });
    first.close();
    const second = agent.client({ session: "s" });
    await assert.rejects(second.attach(id, { stdout: 100, stderr: 0 }), lost);
    await assert.rejects(second.attach(12_345, { stdout: 0, stderr: 0 }), lost);
  });

  it("as another one finds nothing, and the commands live on", async (t) => {
    const agent = await AgentProcess.start(t);
    const file = join(agent.folder, "done");
    const first = agent.client({ session: "parent" });
    const script = `head -c 1000000 /dev/zero; sleep 0.1; echo yes >${file}`;
    const { id } = await first.exec({ argv: ["sh", "-c", script], user, stdin: false });
    first.close();
    const second = agent.client({ session: "child" });
    assert.deepEqual((await second.hello()).channels, []);
    await assert.rejects(second.attach(id, { stdout: 0, stderr: 0 }), lost);
    await delay(300);
    assert.equal(await readFile(file, "utf8"), "yes\n");
  });
});

/** A host of few manners: it says bytes. */
class RawHost {
  readonly #socket: Socket;
  readonly #reader = new FrameReader(0x0a0b0c0d);
  readonly frames: ReadFrame[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => this.frames.push(...this.#reader.push(bytes)));
    socket.on("error", () => undefined);
  }

  static async connect(path: string): Promise<RawHost> {
    for (;;) {
      const socket = connect(path);
      const opened = await once(socket, "connect").catch(() => undefined);
      if (opened) return new RawHost(socket);
      await delay(5);
    }
  }

  say(...bytes: Uint8Array[]): void {
    this.#socket.write(Buffer.concat(bytes));
  }

  async hears(type: number): Promise<ReadFrame> {
    for (let tries = 0; tries < 400; tries++) {
      const found = this.frames.find((frame) => frame.type === type);
      if (found) return found;
      await delay(5);
    }
    throw new Error(`no frame of type ${type}`);
  }

  close(): void {
    this.#socket.destroy();
  }
}

const epoch = 0x0a0b0c0d;
const hello = Buffer.concat([
  magic,
  encodeFrame(frameType.hello, 0, encodeFields({ session: "raw", nonce: "0123456789abcdef" }), epoch),
]);
const ping = encodeFrame(frameType.ping, 0, Buffer.from("are you there"), epoch);

describe("an agent", () => {
  it("greets again where a cut frame has swallowed the greeting", async (t) => {
    const agent = await AgentProcess.start(t);
    const host = await RawHost.connect(agent.path);
    t.after(() => host.close());
    host.say(hello);
    await host.hears(frameType.welcome);
    host.frames.length = 0;
    // A frame of 60,000 bytes of which 100 came, then another host.
    host.say(encodeFrame(frameType.data, 1, Buffer.alloc(60_000), epoch).subarray(0, 100), hello, ping);
    await host.hears(frameType.welcome);
    assert.equal((await host.hears(frameType.pong)).payload.toString(), "are you there");
  });

  it("answers after any bytes whatever", async (t) => {
    const agent = await AgentProcess.start(t);
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.constant(new Uint8Array(magic)),
      fc
        .tuple(
          fc.integer({ min: 0, max: 30 }),
          fc.integer({ min: 0, max: 3 }),
          fc.uint8Array({ maxLength: 80 }),
        )
        .map(([type, channel, payload]) => new Uint8Array(encodeFrame(type, channel, payload, epoch))),
      fc
        .tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 255 }))
        .map(([length, type]) => {
          const head = new Uint8Array(9);
          new DataView(head.buffer).setUint32(0, length);
          head[4] = type;
          return head;
        }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
        const host = await RawHost.connect(agent.path);
        host.say(hello, ...pieces);
        host.close();
      }),
      { numRuns: 300 },
    );
    const client = agent.client();
    assert.deepEqual((await client.runToEnd(["true"], { user })).exit, { code: 0 });
  });

  it("refuses requests that make no sense, each with an answer", async (t) => {
    const agent = await AgentProcess.start(t);
    const host = await RawHost.connect(agent.path);
    t.after(() => host.close());
    const open = (channel: number, fields: Uint8Array) => encodeFrame(frameType.open, channel, fields, epoch);
    host.say(hello);
    host.say(
      open(1, Buffer.from([200, 1])),
      open(2, encodeFields({ do: "no-such" })),
      open(3, encodeFields({})),
    );
    host.say(open(4, encodeFields({ do: "read", path: "relative" })));
    host.say(open(5, encodeFields({ do: "write", path: "/tmp/x\0y", mode: "99999" })));
    host.say(encodeFrame(frameType.attach, 6, Buffer.alloc(3), epoch), ping);
    await host.hears(frameType.pong);
    const refused = host.frames.filter(({ type }) => type === frameType.fail).map(({ channel }) => channel);
    assert.deepEqual(refused, [1, 2, 3, 4, 5, 6]);
  });

  it("does not grow with what is said to it", async (t) => {
    const agent = await AgentProcess.start(t);
    const host = await RawHost.connect(agent.path);
    t.after(() => host.close());
    host.say(hello);
    await host.hears(frameType.welcome);
    const request = encodeFields({ do: "exec", arg: ["sleep", "3"], stdin: 1, user });
    host.say(encodeFrame(frameType.open, 1, request, epoch));
    await host.hears(frameType.opened);
    const before = await memory(agent.pid);
    // A process that reads nothing, and a host that sends on and on; then frames longer than any may be.
    for (let at = 0; at < 400; at++) {
      const head = Buffer.alloc(9);
      head.writeBigUInt64BE(BigInt(at * 65_536), 1);
      host.say(encodeFrame(frameType.data, 1, Buffer.concat([head, Buffer.alloc(65_536)]), epoch));
    }
    const huge = Buffer.alloc(9);
    huge.writeUInt32BE(maxPayload + 1);
    host.say(huge, Buffer.alloc(30_000_000), hello, ping);
    await host.hears(frameType.pong);
    assert.ok((await memory(agent.pid)) - before < 4096, "KiB more than before");
    host.say(encodeFrame(frameType.close, 1, Uint8Array.of(9), epoch));
    await delay(20);
  });

  it("needs less than 10 MiB", async (t) => {
    const agent = await AgentProcess.start(t);
    await agent.client().runToEnd(["true"], { user });
    assert.ok((await memory(agent.pid)) < 10_240);
  });

  it("that starts anew ends what the old one had", async (t) => {
    const agent = await AgentProcess.start(t);
    const way = new BreakingWay(t, join(agent.folder, "way"), agent.path, () => Infinity);
    const client = agent.client({ path: way.path });
    const session = await client.exec({ argv: ["sleep", "3"], user });
    const waiting = assert.rejects(client.runToEnd(["sleep", "3"], { user }), lost);
    await delay(30);
    await agent.stop();
    agent.run();
    await assert.rejects(session.exit, lost);
    await waiting;
    assert.deepEqual((await client.runToEnd(["true"], { user })).exit, { code: 0 });
    process.kill(-session.pid, "SIGKILL");
  });
});

/** KiB in memory. */
async function memory(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]);
}
