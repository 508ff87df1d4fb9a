/**
 * Does whoever watches a guest's display see what is on its screen, whatever becomes of the guest, of the daemon and
 * of others who watch? By boot sectors that draw, a viewer written for this test, and QEMU's own screenshots.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { MiB, TestLodge } from "../daemon.ts";
import { makeDrawingGuests } from "./drawing-guests.ts";
import { readPng } from "./png.ts";
import { Viewer, type ViewerOptions } from "./viewer.ts";

describe("a guest's display", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await makeDrawingGuests(lodge);
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const pathWith = async (guest: string, viewOnly = false) => {
    const { ticket } = await lodge.client.call("guestDisplayTicket", {
      params: { guest },
      body: { viewOnly },
    });
    return `/v1/guests/${guest}/display?ticket=${ticket}`;
  };
  const watch = async (guest: string, options: ViewerOptions & { viewOnly?: boolean } = {}) =>
    Viewer.open(lodge.paths.socket, await pathWith(guest, options.viewOnly), options);
  const screen = async (guest: string) =>
    readPng(Buffer.from(await lodge.client.call("guestScreenshot", { params: { guest } })));
  /** Waits until a viewer has the very pixels that QEMU's screenshot has. */
  const sees = (viewer: Viewer, guest: string) =>
    viewer.until("the picture is the screen", async () => {
      const { width, height, rgb } = await screen(guest);
      const { picture } = viewer;
      return picture.width === width && picture.height === height && picture.rgb.equals(rgb);
    });
  /** Waits until the program of "keys" runs, which shows by its mode and colours, and has shown so many letters after its star. */
  const shows = (viewer: Viewer, letters: number) =>
    viewer.until(`${letters} letters on blue`, () => {
      const { width, rgb } = viewer.picture;
      // Each cell is 9 × 16 pixels; the first row of a letter's cell is background: blue, or black where there is none.
      return (
        width === 720 &&
        Array.from({ length: 80 }, (_, x) => rgb[x * 27 + 2]!).filter(Boolean).length === letters + 1
      );
    });
  const stop = (guest: string) =>
    lodge.done(lodge.client.call("guestStop", { params: { guest }, body: { force: true } }));
  const start = (guest: string) => lodge.done(lodge.client.call("guestStart", { params: { guest } }));
  const suspend = (guest: string) => lodge.done(lodge.client.call("guestSuspend", { params: { guest } }));
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${lodge.pid}/status`, "utf8"))![1]);

  it("is seen as it is, by several, of whom one may only look", async () => {
    const [one, two, third] = [
      await watch("keys"),
      await watch("keys", { encodings: [-223] }),
      await watch("keys", { viewOnly: true }),
    ];
    assert.equal(one.name, "keys");
    await shows(one, 0);
    one.press("a");
    await Promise.all([one, two, third].map((viewer) => shows(viewer, 1)));
    third.press("b");
    two.press("c");
    await Promise.all([one, two, third].map((viewer) => shows(viewer, 2)));
    for (const viewer of [one, two, third]) {
      await sees(viewer, "keys");
      viewer.socket.close();
    }
  });

  it("is seen again by whoever stayed, once the guest starts again and once it comes back", async () => {
    const viewer = await watch("keys");
    await shows(viewer, 2);
    await stop("keys");
    await start("keys");
    await shows(viewer, 0);
    viewer.press("x");
    await shows(viewer, 1);
    await suspend("keys");
    await start("keys");
    viewer.press("y");
    await shows(viewer, 2);
    await sees(viewer, "keys");
    viewer.socket.close();
  });

  it("is sent with loss while it moves where that is wanted, and is exact once it rests", async () => {
    const viewer = await watch("noise", { encodings: [7, -223, -308, -26, -254] });
    await viewer.until("a picture with loss", () => viewer.picture.jpegs > 0);
    viewer.press("a");
    await sees(viewer, "noise");
    viewer.press("a");
    const { frames } = viewer;
    await viewer.until("it moves again", () => viewer.frames > frames + 3);
    viewer.socket.close();
  });

  it("takes a text that comes at once, whole", async () => {
    const viewer = await watch("keys", { encodings: [7, -223, -308, -309] });
    await shows(viewer, 2);
    for (let count = 0; count < 400; count++) viewer.press("t");
    // The first row is full then, and what follows is below it.
    const letters = () => {
      const { width, rgb } = viewer.picture;
      const cells = Array.from({ length: 80 * 24 }, (_, cell) => {
        const [row, column] = [Math.floor(cell / 80), cell % 80];
        return rgb[(row * 16 * width + column * 9) * 3 + 2];
      });
      return cells.filter(Boolean).length - 1;
    };
    await viewer.until("all letters", () => letters() === 402);
    viewer.reset();
    await shows(viewer, 0);
    viewer.press("a");
    viewer.press("b");
    await shows(viewer, 2);
    viewer.socket.close();
  });

  it("has a reset button, for whoever may press it", async () => {
    const encodings = [7, -223, -308, -309];
    const [hands, eyes] = [
      await watch("keys", { encodings }),
      await watch("keys", { encodings, viewOnly: true }),
    ];
    await shows(hands, 2);
    eyes.reset();
    await hands.until("it can reset", () => hands.powers);
    hands.press("z");
    await shows(eyes, 3);
    hands.reset();
    await Promise.all([hands, eyes].map((viewer) => shows(viewer, 0)));
    assert.equal(eyes.powers, false);
    for (const viewer of [hands, eyes]) viewer.socket.close();
  });

  it("is opened by no ticket twice, by none for another guest, and not without a process", async () => {
    const path = await pathWith("keys");
    const first = await Viewer.open(lodge.paths.socket, path);
    assert.equal(await Viewer.mute(lodge.paths.socket, path).closed, "1008 console.ticket_refused");
    const foreign = (await pathWith("noise")).replace("/noise/", "/keys/");
    assert.equal(await Viewer.mute(lodge.paths.socket, foreign).closed, "1008 console.ticket_refused");
    first.socket.close();
    await stop("keys");
    await assert.rejects(pathWith("keys"), (error) => hasCode(error, "guest.wrong_state"));
    await start("keys");
  });

  it("suffers nothing from those who talk nonsense, say too much, or never read", async () => {
    const good = await watch("keys");
    await shows(good, 0);
    // -26 is JPEG of quality 6: whoever never reads has QEMU make frames that are as large as can be.
    const lazy = await watch("noise", { encodings: [7, -223], draws: false });
    await lazy.until("noise", () => lazy.frames > 20);
    lazy.socket.pause();
    const before = memory();
    const rude = await watch("keys", { draws: false });
    rude.socket.send(Buffer.alloc(64, 0x77));
    assert.match(await rude.closed, /^1008 console\.protocol/);
    const loud = await watch("keys", { draws: false });
    loud.socket.send(Buffer.alloc(2 * MiB, 4));
    // It may learn why, or find the connection gone while it still says so much.
    assert.match(await loud.closed, /^(1009|1006) /);
    const greedy = await watch("noise", { encodings: [0, -223], draws: false, asks: false });
    greedy.socket.pause();
    for (let count = 0; count < 3000; count++) greedy.ask(false);
    good.press("a");
    await shows(good, 1);
    await sees(good, "keys");
    // Another one of the same guest goes on as well.
    const other = await watch("noise", { draws: false });
    await other.until("frames", () => other.frames > 60);
    assert.ok(memory() - before < 64 * 1024, `the daemon took ${memory() - before} KiB more`);
    for (const viewer of [good, lazy, greedy, other]) viewer.socket.terminate();
  });

  it("is away while the daemon is, and seen by whoever comes again", async () => {
    for (const [signal, closed] of [
      ["SIGTERM", /^1001 api\.stopping/],
      ["SIGKILL", /^1006 /],
    ] as const) {
      const viewer = await watch("keys");
      await sees(viewer, "keys");
      await lodge.end(signal);
      assert.match(await viewer.closed, closed);
      await lodge.start();
      const again = await watch("keys");
      await sees(again, "keys");
      again.socket.close();
    }
  });

  it("is over once the guest is removed", async () => {
    const viewer = await watch("keys");
    await sees(viewer, "keys");
    await lodge.remove("keys");
    assert.equal(await viewer.closed, "1000 guest.not_found");
  });
});
