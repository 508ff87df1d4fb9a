import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { hasCode, LodgeError } from "#contract/errors";
import { systemClock } from "#base/clock";
import { until } from "../../../test/fakes/fake-daemon.ts";
import { area, FakeViewer, usual } from "../../../test/fakes/fake-viewer.ts";
import { FakeVnc, format24 } from "../../../test/fakes/fake-vnc.ts";
import { Desktop } from "./desktop.ts";
import { DisplaySession } from "./display-session.ts";
import { QemuDisplay } from "./qemu-display.ts";
import { setEncodings, updateRequest } from "./rfb/messages.ts";
import { Watcher, type WatcherTerms } from "./watchers.ts";

const key = Buffer.from([4, 1, 0, 0, 0, 0, 0, 97]);

describe("a viewer of a display", () => {
  let qemu: FakeVnc;
  let viewer: FakeViewer;
  let session: DisplaySession;
  let watcher: Watcher;
  let ended: Promise<unknown>;
  /** How often the session asked for another QEMU, and what it gets. */
  let next: () => Promise<QemuDisplay>;
  let now = 0;
  const clock = { ...systemClock, monotonic: () => now };

  const connect = () => QemuDisplay.connect(qemu.path, viewer.gone);
  const watch = async ({ viewOnly = false, ...terms }: Partial<WatcherTerms> = {}) => {
    const desktop = new Desktop({ now: () => now, policy: () => Promise.resolve("both") });
    watcher = new Watcher({ holder: "user:u1", user: "anna", viewOnly, ...terms }, clock, (reason) =>
      session.end(reason),
    );
    const parts = { socket: viewer, name: "web", watcher, clock, desktop, next: () => next() };
    session = new DisplaySession(parts, await connect());
    ended = session.run().catch((error: unknown) => error);
    await viewer.greeted;
  };
  const encodings = () =>
    qemu.heard.flatMap((one) => (one.kind === "encodings" ? [one.encodings.join()] : []));
  const acts = () => qemu.heard.flatMap((one) => (one.kind === "act" ? [one.act] : []));
  const drawn = () => viewer.say(updateRequest(true, area));

  beforeEach(async () => {
    now = 1000;
    qemu = new FakeVnc();
    viewer = new FakeViewer();
    next = () => new Promise(() => undefined);
    await qemu.start();
  });
  afterEach(async () => {
    viewer.leave();
    await ended;
    await qemu.close();
  });

  it("is asked for by the gateway, as often as frames are drawn", async () => {
    await watch();
    viewer.begin();
    await until(() => qemu.asked(true) === 1);
    qemu.fill();
    await until(() => viewer.messages.length === 1 && qemu.asked(false) === 1);
    drawn();
    drawn();
    qemu.fill();
    await until(() => viewer.messages.length === 2 && qemu.asked(false) === 2);
    // One request is with QEMU, and whoever asks again gets no second one.
    drawn();
    drawn();
    viewer.say(key);
    await until(() => acts().length === 1);
    assert.equal(qemu.asked(false), 2);
  });

  it("that draws nothing is sent no more than fits, and gets the rest once it does", async () => {
    await watch();
    viewer.begin();
    for (let count = 1; count <= 2; count++) {
      await until(() => qemu.asked(true) + qemu.asked(false) === count);
      qemu.fill();
    }
    await until(() => viewer.messages.length === 2);
    session.tick(false);
    assert.equal(qemu.asked(true) + qemu.asked(false), 2);
    drawn();
    await until(() => qemu.asked(false) === 2);
  });

  it("that asks and asks heaps up nothing before a QEMU that does not read", async () => {
    await watch();
    viewer.begin();
    await until(() => qemu.asked(true) === 1);
    qemu.stall();
    for (let count = 0; count < 200_000; count++) viewer.say(updateRequest(false, area));
    qemu.goOn();
    viewer.say(key);
    await until(() => {
      session.tick(false);
      return acts().length === 1;
    });
    // What fits into 64 KiB here, and what the kernel takes: not all of them.
    assert.ok(qemu.asked(true) < 100_000, String(qemu.asked(true)));
  });

  it("has its keys let go of once it does not answer", async () => {
    await watch();
    viewer.begin();
    viewer.say(key);
    await until(() => acts().length === 1);
    now += 2_000;
    session.tick(false);
    viewer.questions[0]!();
    now += 4_000;
    session.tick(false);
    assert.deepEqual([viewer.questions.length, acts().length], [2, 1]);
    now += 4_000;
    session.tick(false);
    await until(() => acts().length === 2);
    const release = qemu.heard.findLast((one) => one.kind === "act")!.bytes;
    assert.deepEqual(release, Buffer.from([4, 0, 0, 0, 0, 0, 0, 97]));
  });

  /** Two frames are under way to a viewer, and it has pressed a key. */
  const typing = async (named: readonly number[]) => {
    await watch();
    viewer.begin(named);
    for (let count = 1; count <= 2; count++) {
      await until(() => qemu.asked(true) + qemu.asked(false) === count);
      qemu.jpeg();
    }
    await until(() => viewer.messages.length === 2);
    viewer.say(key);
    await until(() => acts().length === 1);
  };
  const isJpeg = (message: Buffer) => message[16] === 0x90;

  it("sees what a key did before a video that is under way, and of that the rest later", async () => {
    await typing(usual);
    await until(() => qemu.asked(false) === 2);
    qemu.jpeg();
    await until(() => qemu.asked(false) === 3);
    assert.equal(viewer.messages.length, 2);
    qemu.both();
    await until(() => viewer.messages.length === 3);
    assert.deepEqual([viewer.messages[2]!.length, isJpeg(viewer.messages[2]!)], [20, false]);
    session.tick(false);
    assert.equal(qemu.asked(false), 3);
    // What was left out is asked for once there is room.
    now += 500;
    for (let count = 0; count < 3; count++) drawn();
    await until(() => qemu.asked(true) === 2);
    const again = qemu.heard.at(-1)!;
    assert.deepEqual(again.kind === "request" && again.area, { x: 8, y: 8, width: 16, height: 16 });
    // Then all of it is sent, what the next key did first.
    viewer.say(key);
    await until(() => acts().length === 2);
    qemu.both();
    await until(() => viewer.messages.length === 5);
    assert.deepEqual(viewer.messages.slice(3).map(isJpeg), [false, true]);
  });

  it("waits for its turn where it takes no loss, and some time after its last key", async () => {
    await typing([7, -223, -308]);
    session.tick(false);
    assert.equal(qemu.asked(false), 1);
    viewer.leave();
    await ended;
    viewer = new FakeViewer();
    qemu.heard = [];
    await typing(usual);
    await until(() => qemu.asked(false) === 2);
    now += 500;
    qemu.fill();
    await until(() => viewer.messages.length === 3);
    session.tick(false);
    assert.equal(qemu.asked(false), 2);
  });

  it("that takes nothing off the network is not read for", async () => {
    await watch();
    viewer.begin();
    await until(() => qemu.asked(true) === 1);
    viewer.stuck = true;
    // Copied text comes unasked: a guest can send any number of them.
    const text = Buffer.alloc(65_536 + 8);
    text.set([3, 0, 0, 0, 0, 1]);
    for (let count = 0; count < 256; count++) qemu.say(text);
    await until(() => viewer.buffered > 2_097_152);
    const before = viewer.buffered;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(viewer.buffered, before);
    viewer.take();
    await until(() => viewer.messages.length === 256);
  });

  it("sees another QEMU in the place of the one that ended, set up as the one before", async () => {
    await watch();
    viewer.say(Buffer.concat([Buffer.alloc(4), format24]));
    viewer.begin();
    await until(() => qemu.asked(true) === 1);
    qemu.deflated();
    await until(() => viewer.messages.length === 1);
    const before = viewer.messages[0]!;
    drawn();
    let again: () => void = () => undefined;
    next = async () => {
      await new Promise<void>((resolve) => (again = resolve));
      return connect();
    };
    await qemu.end();
    await until(() => !session.isWaiting);
    qemu.size = { width: 80, height: 50 };
    await qemu.start();
    viewer.say(key);
    again();
    await until(() => qemu.asked(true) === 1);
    assert.deepEqual(
      qemu.heard.map(({ kind }) => kind),
      ["format", "encodings", "request"],
    );
    // Its size goes before its picture; keys that nobody could take are gone.
    const size = viewer.messages.at(-1)!;
    assert.deepEqual([size.readUInt16BE(8), size.readUInt16BE(10), size.readInt32BE(12)], [80, 50, -308]);
    qemu.deflated();
    await until(() => viewer.messages.at(-1)!.length === before.length - 2);
    // The stream that it begins is the one that the viewer has.
    assert.deepEqual([...viewer.messages.at(-1)!.subarray(-3)], [...before.subarray(-3)]);
  });

  it("that cannot be told of another size is told to come again", async () => {
    await watch();
    viewer.begin([7]);
    await until(() => qemu.asked(true) === 1);
    next = connect;
    qemu.size = { width: 1, height: 1 };
    await qemu.end();
    await qemu.start();
    assert.ok(hasCode(await ended, "console.size_changed"));
  });

  it("is seen to act by its keys and buttons, and by nothing else", async () => {
    await watch();
    viewer.begin();
    drawn();
    viewer.say(Buffer.from([5, 0, 0, 1, 0, 1]));
    await until(() => acts().length === 1);
    assert.equal(watcher.seen.lastInput, undefined);
    viewer.say(Buffer.from([5, 1, 0, 1, 0, 1]));
    await until(() => acts().length === 2);
    assert.ok(Math.abs(Date.now() - watcher.seen.lastInput!) < 60_000);
  });

  it("neither switches a guest off nor sets its size where it looks on with control, but types", async () => {
    await watch({ desktop: { id: "dt1", shadow: true, power: false, uses: ["display"] } });
    viewer.begin([...usual, -309]);
    await until(() => encodings().length > 0);
    assert.doesNotMatch(encodings().join(), /-309/);
    viewer.say(Buffer.from([250, 0, 1, 2]));
    viewer.say(Buffer.from([251, 0, 0, 9, 0, 9, 0, 0]));
    viewer.say(key);
    await until(() => acts().length > 0);
    assert.deepEqual(acts(), ["key"]);
  });

  it("ends where it is told to, also while it says more and more", async () => {
    await watch();
    viewer.begin();
    watcher.end(new LodgeError("console.ticket_refused"));
    viewer.say(key);
    assert.ok(hasCode(await ended, "console.ticket_refused"));
  });

  it("changes nothing where it may only look", async () => {
    await watch({ viewOnly: true });
    viewer.begin([...usual, -309]);
    const acting = [
      key,
      [5, 1, 0, 0, 0, 0],
      [6, 0, 0, 0, 0, 0, 0, 0],
      [250, 0, 1, 2],
      [251, 0, 0, 9, 0, 9, 0, 0],
    ];
    for (const bytes of acting) viewer.say(Buffer.from(bytes));
    drawn();
    viewer.say(setEncodings([...usual, -309, -239]));
    await until(() => encodings().length === 2);
    assert.deepEqual(acts(), []);
    assert.ok(encodings().every((list) => !list.includes("-309")));
  });

  it("gets exact pixels for inexact ones once these have come to rest", async () => {
    await watch();
    viewer.begin();
    await until(() => qemu.asked(true) === 1);
    qemu.jpeg();
    await until(() => viewer.messages.length === 1);
    drawn();
    drawn();
    session.tick(false);
    now += 301;
    await until(() => {
      session.tick(false);
      return qemu.asked(true) === 2;
    });
    const request = qemu.heard.at(-1)!;
    assert.ok(request.kind === "request" && request.area.width === 16 && request.area.x === 8);
    assert.deepEqual(
      encodings().map((list) => list.includes("-26")),
      [true, false],
    );
    qemu.fill();
    await until(() => viewer.messages.length === 2);
    session.tick(false);
    now += 2500;
    session.tick(false);
    // QEMU's own repair, which comes after this one, is to be exact as well.
    now += 600;
    await until(() => {
      session.tick(false);
      return encodings().length === 3;
    });
    assert.ok(encodings()[2]!.includes("-26"));
  });

  it("is not told what is between QEMU and the gateway, nor twice what it knows", async () => {
    await watch();
    viewer.begin([...usual, -258]);
    await until(() => qemu.asked(true) === 1);
    const pseudo = (encoding: number, ...content: number[]) => {
      const rectangle = Buffer.alloc(12);
      rectangle.writeUInt16BE(64, 4);
      rectangle.writeUInt16BE(48, 6);
      rectangle.writeInt32BE(encoding, 8);
      return Buffer.concat([Buffer.of(0, 0, 0, 1), rectangle, Buffer.from(content)]);
    };
    for (const news of [-259, -258, -258, -223].map((number) => pseudo(number))) qemu.say(news);
    // The first of these says that a size can be wished for.
    for (let time = 0; time < 2; time++) qemu.say(pseudo(-308, 0, 0, 0, 0));
    qemu.say(Buffer.of(2));
    await until(() => viewer.messages.at(-1)?.length === 1);
    assert.deepEqual(
      viewer.messages.map((bytes) => (bytes.length > 1 ? bytes.readInt32BE(12) : "bell")),
      [-258, -308, "bell"],
    );
  });

  it("has QEMU nudged for it, at once as it comes, and is one that may be left out", async () => {
    await watch();
    viewer.begin();
    await until(() => session.isWaiting);
    await until(() => qemu.nudges === 1);
    session.tick(true);
    await until(() => qemu.nudges === 2);
    session.tick(false);
    viewer.say(key);
    await until(() => acts().length === 1);
    assert.equal(qemu.nudges, 2);
  });

  it("has a connection of its own for another pixel format: frames in the one before may be under way", async () => {
    await watch();
    viewer.begin();
    await until(() => qemu.asked(true) === 1);
    next = connect;
    const before = qemu.heard.length;
    qemu.fill();
    viewer.say(
      Buffer.concat([Buffer.alloc(4), Buffer.from([16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0])]),
    );
    await until(() => qemu.asked(true) === 2);
    const [format] = qemu.heard.slice(before);
    assert.ok(format?.kind === "format" && format.bytes[0] === 16);
  });

  const notify = Buffer.from([6, 0, 0, 0, 255, 255, 255, 252, 8, 0, 0, 1]);

  it("hears of the clipboard where it knows that and may touch, and QEMU is told nothing of it", async () => {
    for (const viewOnly of [true, false]) {
      viewer = new FakeViewer();
      await watch({ viewOnly });
      viewer.begin([...usual, -1063131698]);
      await until(() => qemu.asked(true) > 0);
      viewer.say(notify);
      viewer.say(key);
      if (!viewOnly) await until(() => acts().length === 1);
      qemu.say(Buffer.of(2));
      await until(() => viewer.messages.at(-1)?.length === 1);
      assert.deepEqual(
        viewer.messages.map((message) => message[0]),
        viewOnly ? [2] : [3, 2],
      );
      assert.deepEqual(acts(), viewOnly ? [] : ["key"]);
      if (viewOnly) {
        viewer.leave();
        await ended;
        qemu.heard = [];
      }
    }
  });

  it("is let go where QEMU talks nonsense", async () => {
    await watch();
    viewer.begin();
    await until(() => qemu.asked(true) === 1);
    qemu.say(Buffer.of(77));
    assert.ok(hasCode(await ended, "console.protocol"));
  });

  it("that talks nonsense is refused", async () => {
    await watch();
    viewer.begin();
    viewer.say(Buffer.of(99));
    assert.ok(hasCode(await ended, "console.protocol"));
  });
});
