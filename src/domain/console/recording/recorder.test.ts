import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { kind, readBlock, readJson, type Block } from "#contract/recording/format";
import type { EndReason } from "#contract/schema/recording";
import { systemClock } from "#base/clock";
import { until } from "../../../../test/fakes/fake-daemon.ts";
import { FakeVnc } from "../../../../test/fakes/fake-vnc.ts";
import { QemuDisplay } from "../qemu-display.ts";
import { Recorder } from "./recorder.ts";
import { RecordingFile, type Limits, type Sink } from "./recording-file.ts";

const head = { guest: "g1", guestName: "web", startedAt: "2026-01-02T03:04:05.000Z", startedBy: "anna" };
const all = { x: 0, y: 0, width: 64, height: 48 };
const tightPng = -260;

/** A file in memory that has room for so much. */
class MemorySink implements Sink {
  bytes = Buffer.alloc(0);
  room = Infinity;
  closed = false;
  async write(bytes: Uint8Array, at: number): Promise<void> {
    const end = at + bytes.length;
    this.bytes = Buffer.concat([this.bytes.subarray(0, at), bytes]).subarray(0, this.room);
    if (end > this.room) throw Object.assign(new Error("full"), { code: "ENOSPC" });
  }
  async truncate(length: number): Promise<void> {
    this.bytes = this.bytes.subarray(0, length);
  }
  async close(): Promise<void> {
    this.closed = true;
  }
}

describe("a recorder", () => {
  let qemu: FakeVnc;
  let sink: MemorySink;
  let recorder: Recorder;
  let ended: Promise<EndReason>;
  let next: (signal: AbortSignal) => Promise<QemuDisplay>;
  let now = 0;
  /** Sleeps of those that wait for the next frame end at once; a recording's own end when a test says so. */
  let timeIsUp: () => void;
  const clock = {
    ...systemClock,
    monotonic: () => now,
    sleep: (ms: number, signal?: AbortSignal) =>
      ms < 1000
        ? Promise.resolve(signal?.throwIfAborted())
        : new Promise<void>((resolve, reject) => {
            timeIsUp = resolve;
            signal?.addEventListener("abort", () => reject(signal.reason as Error));
          }),
  };

  const connect = (signal: AbortSignal) => QemuDisplay.connect(qemu.path, signal);
  const record = async (limits: Partial<Limits> = {}) => {
    const given = { bytes: Infinity, leastFree: 0, free: async () => Infinity, ...limits };
    const file = await RecordingFile.begin(sink, head, given);
    recorder = new Recorder({ file, clock, longest: 60_000, next: (signal) => next(signal) });
    ended = recorder.run();
  };
  const blocks = (): Block[] => {
    const found: Block[] = [];
    for (let at = 20 + sink.bytes.readUInt32BE(12); at < sink.bytes.length;) {
      const length = sink.bytes.readUInt32BE(at + 8) + 16;
      const block = readBlock(sink.bytes.subarray(at, at + length));
      assert.ok(block, "each block is whole");
      found.push(block);
      at += length;
    }
    return found;
  };
  const frames = () => blocks().filter((block) => block.kind === kind.frame);
  const asked = (whole: number, news: number) => () =>
    qemu.asked(true) === whole && qemu.asked(false) === news;

  beforeEach(async () => {
    now = 0;
    qemu = new FakeVnc();
    sink = new MemorySink();
    next = connect;
    await qemu.start();
  });
  afterEach(async () => {
    recorder.stop("stopped");
    await ended.catch(() => undefined);
    await qemu.close();
  });

  it("begins with all of the screen, goes on with what is new, and writes nothing while nothing is", async () => {
    await record();
    await until(asked(1, 0));
    const told = qemu.heard.flatMap((one) => (one.kind === "encodings" ? [one.encodings.join()] : []));
    assert.deepEqual(told, ["-260,0,-223,-252,-26,-259"]);
    qemu.fill(all, tightPng);
    await until(asked(1, 1));
    const { length } = sink.bytes;
    await until(() => qemu.nudges > 1);
    assert.equal(sink.bytes.length, length);
    now = 700;
    qemu.fill(undefined, tightPng);
    await until(asked(1, 2));
    assert.deepEqual(
      frames().map(({ isKey, time, bytes }) => [isKey, time, bytes.length]),
      [
        [true, 0, 24],
        [false, 700, 24],
      ],
    );
    assert.deepEqual([...frames()[0]!.bytes.subarray(0, 8)], [0, 64, 0, 48, 0, 0, 0, 1]);
  });

  it("asks for all again after so many frames, and after another size", async () => {
    await record();
    await until(asked(1, 0));
    qemu.fill(all, tightPng);
    for (let count = 1; count <= 64; count++) {
      await until(asked(1, count));
      qemu.fill(undefined, tightPng);
    }
    await until(asked(2, 64));
    qemu.fill(all, tightPng);
    await until(asked(2, 65));
    assert.deepEqual(
      frames().flatMap(({ isKey }, index) => (isKey ? [index] : [])),
      [0, 65],
    );
    // DesktopSize: 32 × 16 from now on. What still comes of the size before is not written.
    qemu.say(Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 32, 0, 16, 0xff, 0xff, 0xff, 0x21]));
    qemu.fill(undefined, tightPng);
    await until(asked(3, 65));
    qemu.fill({ x: 0, y: 0, width: 32, height: 16 }, tightPng);
    await until(asked(3, 66));
    const last = frames().at(-1)!;
    assert.equal(frames().length, 67);
    assert.ok(last.isKey);
    assert.deepEqual([...last.bytes.subarray(0, 4)], [0, 32, 0, 16]);
  });

  it("stays when the guest has another QEMU, and says where it had none", async () => {
    const back = Promise.withResolvers<void>();
    await record();
    await until(asked(1, 0));
    qemu.fill(all, tightPng);
    await until(asked(1, 1));
    next = async (signal) => {
      await back.promise;
      return connect(signal);
    };
    await qemu.end();
    await until(() => blocks().length === 2);
    await qemu.start();
    back.resolve();
    await until(asked(1, 0));
    qemu.fill(all, tightPng);
    await until(asked(1, 1));
    assert.deepEqual(
      blocks().map((one) => (one.kind === kind.note ? readJson(one.bytes)["is"] : one.isKey)),
      [true, "away", "back", true],
    );
  });

  it("ends when it is told, when its time is up, and with the guest", async () => {
    await record();
    await until(asked(1, 0));
    recorder.stop("stopped");
    recorder.stop("daemon");
    assert.equal(await ended, "stopped");
    await record();
    await until(asked(2, 0));
    timeIsUp();
    assert.equal(await ended, "duration");
    await record();
    await until(asked(3, 0));
    next = () => Promise.reject(new LodgeError("guest.not_found", { guest: "web" }));
    await qemu.end();
    assert.equal(await ended, "guest-removed");
    await record();
    await assert.doesNotReject(ended);
    next = () => Promise.reject(new TypeError("a bug"));
    await record();
    await assert.rejects(ended, TypeError);
  });

  it("ends where it is as large as it may be, and where the disk is full; what it has is whole", async () => {
    const room = 20 + Buffer.byteLength(JSON.stringify(head)) + 60;
    const twoFrames = async () => {
      await until(asked(1, 0));
      qemu.fill(all, tightPng);
      await until(asked(1, 1));
      qemu.fill(undefined, tightPng);
      return ended;
    };
    await record({ bytes: room });
    assert.equal(await twoFrames(), "size");
    assert.equal(frames().length, 1);
    qemu.heard = [];
    sink = new MemorySink();
    sink.room = room;
    await record();
    assert.equal(await twoFrames(), "disk");
    assert.equal(frames().length, 1);
  });

  it("leaves free on the disk what it is told to", async () => {
    let free = 3_000_000;
    const limits = { bytes: Infinity, leastFree: 1_000_000, free: async () => free };
    const file = await RecordingFile.begin(sink, head, limits);
    const block = { kind: kind.frame, time: 0, bytes: Buffer.alloc(1_100_000) };
    assert.equal(await file.append(block), undefined);
    free -= block.bytes.length;
    assert.equal(await file.append(block), "disk");
    assert.equal(file.size, sink.bytes.length);
    await record();
  });
});
