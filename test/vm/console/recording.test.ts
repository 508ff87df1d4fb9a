/**
 * Does a recording show what the guest's screen showed, whatever became of the guest and of the daemon, and does it cost
 * nothing while nothing changes? By boot sectors that draw, and QEMU's own screenshots.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { kind, readJson } from "#contract/recording/format";
import { blocksFrom, openRecording } from "#contract/recording/scan";
import type { Recording } from "#contract/schema/recording";
import { MiB, TestLodge } from "../daemon.ts";
import { makeDrawingGuests } from "./drawing-guests.ts";
import { readPng } from "./png.ts";
import { screenAt, sourceOf } from "./recorded-picture.ts";
import { Viewer } from "./viewer.ts";

describe("a recording of a display", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await makeDrawingGuests(lodge);
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const watch = async (guest: string) => {
    const { ticket } = await lodge.client.call("guestDisplayTicket", { params: { guest }, body: {} });
    return Viewer.open(lodge.paths.socket, `/v1/guests/${guest}/display?ticket=${ticket}`);
  };
  const letters = ({ picture: { width, rgb } }: Viewer) =>
    width !== 720 ? -1 : Array.from({ length: 80 }, (_, x) => rgb[x * 27 + 2]!).filter(Boolean).length - 1;
  const shows = (viewer: Viewer, count: number) =>
    viewer.until(`${count} letters`, () => letters(viewer) === count);
  const screen = async (guest: string) =>
    readPng(Buffer.from(await lodge.client.call("guestScreenshot", { params: { guest } })));
  const record = (guest: string) => lodge.client.call("recordingStart", { params: { guest }, body: {} });
  const recorded = ({ id }: Recording) => lodge.client.call("recordingGet", { params: { recording: id } });
  const stop = ({ id }: Recording) => lodge.client.call("recordingStop", { params: { recording: id } });
  const content = ({ id }: Recording) => lodge.client.call("recordingContent", { params: { recording: id } });
  const blocksOf = async (bytes: Uint8Array) => {
    const { keys: found } = await openRecording(sourceOf(bytes));
    const blocks = [];
    for await (const block of blocksFrom(sourceOf(bytes), found[0]!.offset)) blocks.push(block);
    return blocks;
  };
  /** Waits until the recording's last picture is the guest's screen. */
  const caughtUp = async (recording: Recording, guest: string) => {
    const end = performance.now() + 30_000;
    for (;;) {
      const now = await screen(guest);
      const shown = await screenAt(await content(recording), Infinity).catch(() => undefined);
      if (shown && shown.width === now.width && shown.rgb.equals(now.rgb)) return;
      assert.ok(performance.now() < end, "never caught up");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  it("shows each of the guest's screens, over its restart, and from any key frame the same", async () => {
    const viewer = await watch("keys");
    await shows(viewer, 0);
    const recording = await record("keys");
    for (const [index, key] of ["a", "b", "c"].entries()) {
      viewer.press(key);
      await shows(viewer, index + 1);
      await caughtUp(recording, "keys");
    }
    const before = await screen("keys");
    await lodge.done(lodge.client.call("guestStop", { params: { guest: "keys" }, body: { force: true } }));
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "keys" } }));
    await shows(viewer, 0);
    for (let count = 1; count <= 80; count++) {
      viewer.press("x");
      await shows(viewer, Math.min(count, 79));
    }
    await caughtUp(recording, "keys");
    const after = await screen("keys");
    const ended = await stop(recording);
    assert.equal(ended.reason, "stopped");
    viewer.socket.close();

    const bytes = await content(recording);
    assert.equal(bytes.length, ended.size);
    const { keys: found, head } = await openRecording(sourceOf(bytes));
    assert.equal(head.guestName, "keys");
    const blocks = await blocksOf(bytes);
    const notes = blocks.filter((block) => block.kind === kind.note);
    assert.deepEqual(
      notes.map((note) => readJson(note.bytes)["is"]),
      ["away", "back"],
    );
    const [away] = notes;
    assert.ok((await screenAt(bytes, away!.time)).rgb.equals(before.rgb));
    assert.ok((await screenAt(bytes, Infinity)).rgb.equals(after.rgb));
    // Whatever is shown at a key frame by itself is what all frames before it come to.
    for (const { time } of found.slice(1, 4)) {
      const [sought, played] = [await screenAt(bytes, time), await screenAt(bytes, time, found[0])];
      assert.ok(sought.rgb.equals(played.rgb), `at ${time} ms`);
    }
    assert.ok(found.length >= 2, "there are key frames");
  });

  it("takes nothing while nothing changes, and stays exact where it rests after what moved", async () => {
    const still = await record("keys");
    const moving = await record("noise");
    await caughtUp(still, "keys");
    const { size } = await recorded(still);
    const viewer = await watch("noise");
    const end = performance.now() + 30_000;
    while ((await recorded(moving)).size < 2 * MiB) {
      assert.ok(performance.now() < end, "what moves is recorded");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal((await recorded(still)).size, size);
    // Rests.
    viewer.press("a");
    await caughtUp(moving, "noise");
    await stop(still);
    const { seconds } = await stop(moving);
    const blocks = await blocksOf(await content(moving));
    const frames = blocks.filter((block) => block.kind === kind.frame);
    assert.ok(frames.length <= seconds * 10 + 2, `${frames.length} frames in ${seconds} s`);
    for (const [index, block] of frames.entries())
      if (index > 64)
        assert.ok(
          frames.slice(index - 65, index + 1).some(({ isKey }) => isKey),
          `${block.time}`,
        );
    viewer.socket.close();
  });

  it("goes on in a further one where the daemon was, killed or not, and ends with its guest", async () => {
    let recording = await record("keys");
    await caughtUp(recording, "keys");
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await lodge.end(signal);
      await lodge.start();
      const before = await recorded(recording);
      assert.deepEqual([before.state, before.reason], ["ended", "daemon"]);
      assert.equal((await openRecording(sourceOf(await content(recording)))).head.guestName, "keys");
      const all = await lodge.client.call("recordingList", { query: { guest: "keys" } });
      recording = all.find(({ continues }) => continues === before.id) ?? assert.fail("nothing goes on");
      assert.equal(recording.state, "recording");
      await caughtUp(recording, "keys");
    }
    await lodge.remove("keys");
    const end = performance.now() + 10_000;
    while ((await recorded(recording)).state !== "ended") {
      assert.ok(performance.now() < end, "never ended");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal((await recorded(recording)).reason, "guest-removed");
  });
});
