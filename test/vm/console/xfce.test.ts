/**
 * Is a guest with the XFCE desktop one that a person can work with, as soon as it was forked? One template and one fork of
 * it for all, since the template takes minutes to boot without KVM.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { DesktopGuest } from "./desktop-guest.ts";
import { Ear } from "./ear.ts";
import type { Viewer } from "./viewer.ts";

/** Places of keys. */
const key = { control: 0x1d, alt: 0x38, t: 0x14, enter: 0x1c };
const touchA = [key.t, 0x18, 0x16, 0x2e, 0x23, 0x39, 0x1e, key.enter];

/** What nothing lies on, and what a terminal that was just opened covers; the pointer is in the middle. */
const place = [500, 300] as const;
const background = [46, 74, 97];

const tone = 440;
/** Two seconds and a half of it, 48,000 samples a second. */
const playTone = `perl -e 'print pack("s<*", map { 20000 * sin($_ * ${tone} * 2 * 3.14159265 / 48000) } 1 .. 120000)' >tone
  paplay --raw --rate=48000 --format=s16le --channels=1 tone`;

describe("a desktop of XFCE", () => {
  let desktop: DesktopGuest;
  let viewer: Viewer;
  before(async () => {
    desktop = await DesktopGuest.start("till");
    viewer = await desktop.watch();
  });
  after(() => desktop?.lodge[Symbol.asyncDispose]());

  const colour = (x: number, y: number) => {
    const { rgb, width } = viewer.picture;
    return [...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
  };

  it("is forked, drawn at once and its own machine", async () => {
    const { width, height } = viewer.picture;
    assert.deepEqual([width, height], [1280, 720]);
    assert.deepEqual(colour(...place), background);
    const panel = colour(width / 2, height - 8);
    assert.ok(Math.min(...panel) > 200, `the panel is light: ${panel}`);
    assert.equal((await desktop.lodge.guest("till")).origin.how, "fork");
    assert.equal(await desktop.sh("ls /run/lodge/desktop-ready; hostname"), "/run/lodge/desktop-ready\ntill");
  });

  it("opens a terminal by its shortcut, which has a shell at its prompt", async () => {
    viewer.pressAt(key.control, key.alt, key.t);
    await viewer.until("a terminal", () => colour(...place).join() !== background.join());
    // What is typed until the window has the keys goes nowhere.
    await viewer.until("the file", async () => {
      for (const each of touchA) viewer.pressAt(each);
      await delay(3000);
      return (await desktop.sh("ls")).split("\n").includes("a");
    });
  });

  it("takes the size of its viewer's window", async () => {
    viewer.resize(1003, 700);
    await viewer.until("1000 × 700", () => viewer.picture.width === 1000 && viewer.picture.height === 700);
    viewer.resize(1280, 720);
    await viewer.until("1280 × 720", () => viewer.picture.width === 1280 && viewer.picture.height === 720);
  });

  it("has what was copied elsewhere, and gives what was copied there", async () => {
    viewer.offer("Grüße\nvon hier ☺");
    const paste = "timeout 10 xclip -selection clipboard -o || true";
    await viewer.until("the text there", async () => (await desktop.sh(paste)) === "Grüße\nvon hier ☺");
    await desktop.sh("printf 'aus dem Gast' | xclip -selection clipboard -i >/dev/null 2>&1");
    await viewer.until("the text here", () => viewer.copied.join() === "aus dem Gast");
  });

  it("is heard", async () => {
    const { client, paths } = desktop.lodge;
    const params = { guest: "till" };
    const { ticket } = await client.call("guestDisplayTicket", { params, body: { viewOnly: true } });
    const ear = new Ear(paths.socket, `/v1/guests/till/sound?ticket=${ticket}`);
    await once(ear.socket, "open");
    const [pitch] = await Promise.all([ear.pitch(), desktop.sh(playTone)]);
    assert.ok(Math.abs(pitch - tone) < tone / 50, `${pitch} Hz`);
    ear.socket.close();
  });

  it("ends when its user signs out: the guest is off", { timeout: 300_000 }, async () => {
    // Of the session's own: one that began under another name.
    const session = `export $(tr '\\0' '\\n' </proc/$(pgrep -o xfdesktop)/environ | grep ^SESSION_MANAGER=)`;
    await desktop.sh(`${session}; xfce4-session-logout --logout`);
    while ((await desktop.lodge.guest("till")).state !== "stopped") await delay(500);
    viewer.socket.close();
  });
});
