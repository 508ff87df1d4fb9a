/** Is a display recorded at a click, does everybody see it, and does the page show the very pixels at each moment? */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Recording } from "#contract/schema/recording";
import { furnish } from "../fakes/furnish.ts";
import { FakeVnc } from "../fakes/fake-vnc.ts";
import { colourAt, sampleSize, writeSample } from "../fakes/sample-recording.ts";
import { Visit } from "./browser.ts";
import { violations } from "./violations.ts";

/** What is used of a browser's. */
interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: "2d"): {
    getImageData(
      x: number,
      y: number,
      width: number,
      height: number,
    ): {
      readonly width: number;
      readonly data: Uint8ClampedArray;
    };
  };
}

const frames = 100;
const id = "r0123456789";
const ended: Recording = {
  id,
  guest: "g0000000000",
  guestName: "gone",
  project: "default",
  state: "ended",
  reason: "stopped",
  startedAt: new Date(Date.now() - 3_600_000).toISOString(),
  startedBy: "anna",
  endedAt: new Date(Date.now() - 3_590_000).toISOString(),
  seconds: 10,
  size: 0,
  maxSeconds: 600,
  maxBytes: 1_048_576,
};

/** What is in the middle of each square of the sample at a moment: sixteen colours, or what was there before. */
function squaresAt(time: number): string[] {
  const last = Math.min(frames - 1, Math.floor(time / 100));
  return Array.from({ length: 16 }, (_, square) => {
    const number = last - ((last - square + 16) % 16);
    return (number < 0 ? [9, 9, 9] : colourAt(number)).join();
  });
}

describe("recordings in the browser", () => {
  let visit: Visit;
  before(async () => {
    visit = await Visit.begin();
    await furnish(visit.daemon.client);
    await visit.daemon.stop();
    const folder = join(visit.daemon.paths.home, "recordings");
    await mkdir(folder, { recursive: true });
    const size = await writeSample(join(folder, `${id}.lodgerec`), frames);
    await visit.daemon.fill([{ key: `recordings/${id}`, value: { ...ended, size } }]);
    await visit.daemon.restart();
    await visit.signUp();
  });
  after(() => visit.end());

  const canvas = () => visit.page.locator("canvas");
  const squares = () =>
    canvas().evaluate((node: Canvas) => {
      const { data, width } = node.getContext("2d").getImageData(0, 0, node.width, node.height);
      return Array.from({ length: 16 }, (_, square) => {
        const at = (100 * width + square * 20 + 10) * 4;
        return [data[at], data[at + 1], data[at + 2]].join();
      });
    });
  const all = () =>
    canvas().evaluate((node: Canvas) =>
      node.getContext("2d").getImageData(0, 0, node.width, node.height).data.join(),
    );
  const slider = () => visit.page.getByLabel("Place in the recording");
  const place = async () => Number(await slider().inputValue());
  const seek = (time: number) => slider().fill(String(time));
  const shows = async (time: number) => {
    const wanted = squaresAt(time);
    let shown: string[] = [];
    for (let tries = 0; tries < 200; tries++) {
      shown = await squares();
      if (shown.join() === wanted.join()) return;
      await visit.page.evaluate("new Promise(requestAnimationFrame)");
    }
    assert.deepEqual(shown, wanted, `at ${time} ms`);
  };
  const open = async () => {
    await visit.open(`/recordings/${id}`);
    await visit.page.getByRole("button", { name: "Play" }).and(visit.page.locator(":enabled")).waitFor();
  };
  const accessible = async () => assert.deepEqual(await violations(visit.page), []);

  it("shows each moment that is sought, forwards and back, exactly", async () => {
    await open();
    await shows(0);
    assert.deepEqual(await canvas().evaluate(({ width, height }: Canvas) => ({ width, height })), sampleSize);
    for (const time of [3100, 3200, 9900, 700, 6400, 100, 10_000, 3300]) {
      await seek(time);
      await shows(time);
    }
  });

  it("plays to its end, and shows there what seeking shows", async () => {
    await open();
    await visit.page.getByRole("button", { name: "16×" }).click();
    await visit.page.getByRole("button", { name: "Play" }).click();
    await visit.page.getByText("0:10 / 0:10").waitFor();
    await visit.page.getByRole("button", { name: "Play" }).waitFor();
    await visit.page.getByText("The guest was off").waitFor();
    const played = await all();
    await seek(4000);
    await shows(4000);
    await seek(10_000);
    await shows(10_000);
    assert.ok((await all()) === played, "the picture is the same, pixel by pixel");
  });

  it("goes by keys", async () => {
    await open();
    await slider().focus();
    await visit.page.keyboard.press("ArrowRight");
    await shows(5000);
    assert.equal(await place(), 5000);
    await visit.page.keyboard.press("End");
    await shows(10_000);
    await visit.page.keyboard.press("Home");
    await shows(0);
    await visit.page.keyboard.press(">");
    await visit.page.locator('button[aria-pressed="true"]', { hasText: "2×" }).waitFor();
    await visit.page.keyboard.press("k");
    await visit.page.getByRole("button", { name: "Pause" }).waitFor();
    await visit.page.keyboard.press("k");
    await visit.page.getByRole("button", { name: "Play" }).waitFor();
  });

  it("plays a file that somebody saved, and says of another one that it is none", async () => {
    await visit.open("/recordings");
    const saved = join(visit.daemon.paths.home, "recordings", `${id}.lodgerec`);
    await visit.page.locator("input[type=file]").setInputFiles(saved);
    await visit.page
      .getByRole("button", { name: "Play", exact: true })
      .and(visit.page.locator(":enabled"))
      .waitFor();
    await seek(7700);
    await shows(7700);
    const buffer = Buffer.from("no recording at all");
    await visit.page
      .locator("input[type=file]")
      .setInputFiles({ name: "x.lodgerec", mimeType: "application/octet-stream", buffer });
    await visit.page.getByText("it is no recording").waitFor();
  });

  for (const [colorScheme, width] of [
    ["light", 1440],
    ["dark", 1440],
    ["light", 390],
  ] as const) {
    it(`is usable by everybody: ${colorScheme}, ${width} px`, async () => {
      await visit.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await visit.page.setViewportSize({ width, height: 900 });
      await open();
      await accessible();
      await shot(`player-${colorScheme}-${width}`);
      await visit.open("/recordings");
      await visit.page.getByRole("row").filter({ hasText: "gone" }).waitFor();
      await accessible();
      await shot(`recordings-${colorScheme}-${width}`);
      await visit.page.setViewportSize({ width: 1440, height: 900 });
      await visit.page.emulateMedia({ colorScheme: "light" });
    });
  }

  it("begins at a click in a display's bar, is seen there, and ends at another", async () => {
    const guest = await visit.daemon.client.call("guestGet", { params: { guest: "web-1" } });
    const qemu = new FakeVnc(join(visit.daemon.paths.run, guest.id, "display"));
    qemu.size = { width: 320, height: 200 };
    await qemu.start();
    try {
      await visit.open("/guests/web-1/console");
      await visit.page.getByRole("button", { name: "Record", exact: true }).click();
      await visit.page.getByText("Being recorded", { exact: true }).waitFor();
      const recorder = () => qemu.heard.some((one) => one.kind === "encodings" && one.encodings[0] === -260);
      while (!recorder()) await visit.page.evaluate("new Promise(requestAnimationFrame)");
      qemu.fill({ x: 0, y: 0, width: 320, height: 200 }, -260);
      await accessible();
      await shot("recorded");
      await visit.page.getByRole("button", { name: "Stop recording" }).click();
      await visit.page.getByRole("button", { name: "Record", exact: true }).waitFor();
      await visit.page.getByText("Being recorded", { exact: true }).waitFor({ state: "detached" });
      await visit.open("/guests/web-1/recordings");
      await visit.page.getByRole("row").filter({ hasText: "web-1" }).getByRole("link").first().click();
      await visit.page.getByRole("heading", { name: "Recording of web-1" }).waitFor();
      await visit.page
        .getByRole("button", { name: "Play", exact: true })
        .and(visit.page.locator(":enabled"))
        .waitFor();
      const { items } = await visit.daemon.client.page("recordingList", { query: { guest: guest.id } });
      assert.equal(items[0]?.startedBy, "ops");
      await visit.open("/guests/web-1/console");
      await visit.page.getByRole("button", { name: "Record for …" }).click();
      const longest = visit.page.getByRole("menuitem", { name: "7 days, or up to 8 GiB" });
      await longest.waitFor();
      await accessible();
      await shot("record-for");
      await longest.click();
      await visit.page.getByText("Being recorded", { exact: true }).waitFor();
      const [long] = (await visit.daemon.client.page("recordingList", { query: { guest: guest.id } })).items;
      assert.deepEqual([long?.maxSeconds, long?.maxBytes], [7 * 86_400, 8 * 1024 ** 3]);
      await visit.page.getByRole("button", { name: "Stop recording" }).click();
      await visit.page.getByText("Being recorded", { exact: true }).waitFor({ state: "detached" });
    } finally {
      await qemu.close();
    }
    assert.deepEqual(visit.complaints, []);
  });

  async function shot(name: string): Promise<void> {
    const folder = process.env["LODGE_SCREENSHOTS"];
    if (folder !== undefined) await visit.page.screenshot({ path: join(folder, `${name}.png`) });
  }
});
