/** From a key in the browser to the canvas that shows what it did, in a guest that reacts at once. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { guestPlace } from "#domain/guest/place";
import { ensureWeb } from "../../tools/web.ts";
import { keys } from "../../test/vm/boot-sector.ts";
import type { Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { rest, type Extent, type Row } from "../row.ts";
import { servePlainPage } from "../web/plain-page.ts";
import { WebVisit } from "../web/visit.ts";

/**
 * In the page: notes when a key was pressed by its event's own time, and looks before each frame whether the cell has
 * changed in which the guest shows it. One cell is drawn into one pixel: of the whole screen a single letter would not
 * change the average. -1: it did not come within five seconds.
 */
const probe = `
window.probe = (cell) => {
  const canvas = document.querySelector("canvas");
  const [width, height] = [canvas.width / 80, canvas.height / 25];
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const look = () => {
    pixel.drawImage(canvas, (cell % 80) * width, Math.floor(cell / 80) * height, width, height, 0, 0, 1, 1);
    return pixel.getImageData(0, 0, 1, 1).data.join();
  };
  const before = look();
  window.pressed = new Promise((resolve) => {
    const limit = setTimeout(() => resolve(-1), 5_000);
    addEventListener("keydown", ({ timeStamp }) => {
      const check = () => {
        if (look() === before) return requestAnimationFrame(check);
        clearTimeout(limit);
        resolve(performance.now() - timeStamp);
      };
      requestAnimationFrame(check);
    }, { once: true, capture: true });
  });
  return [canvas.width, canvas.height].join();
}`;

/** As the guest's text mode has it in a frame buffer: 80 × 25 cells. */
const screen = /^(720,400|640,400)$/;

async function press(visit: WebVisit, cell: number): Promise<number> {
  const size = await visit.ask<string>(`probe(${cell})`);
  if (!screen.test(size)) throw new TypeError(`the canvas has ${size} pixels`);
  const key = { key: "a", code: "KeyA", windowsVirtualKeyCode: 65 };
  // Not waited for: it answers when the page has dealt with the key.
  const sent = [
    visit.session.send("Input.dispatchKeyEvent", { type: "keyDown", text: "a", ...key }),
    visit.session.send("Input.dispatchKeyEvent", { type: "keyUp", ...key }),
  ];
  const took = await visit.ask<number>("pressed");
  await Promise.all(sent);
  if (took < 0) throw new TypeError(`what key ${cell} did was never shown`);
  return took;
}

interface Keyboard {
  /** The cell in which the guest shows the next key. */
  cell: number;
}

async function samplesOf(visit: WebVisit, keyboard: Keyboard, extent: Extent): Promise<number[]> {
  await visit.page.locator("canvas").waitFor();
  await rest(3000);
  await visit.ask(probe);
  await visit.ask(`document.querySelector("canvas").focus()`);
  const samples: number[] = [];
  for (let i = 0; i < extent.times(200); i++) {
    // At no rhythm that anybody's own could fall in with, and long enough to look more seldom.
    await rest(700 + Math.random() * 300);
    samples.push(await press(visit, keyboard.cell++));
  }
  return samples;
}

async function measure(lodge: Lodge, extent: Extent, say: (line: string) => void): Promise<Figure[]> {
  await ensureWeb();
  const url = await lodge.reachable();
  const { client, paths } = lodge;
  const path = join(paths.home, "web-keys.img");
  await writeFile(path, keys());
  await client.waitFor(await client.call("imageImport", { body: { path, name: "web-keys", agent: "none" } }));
  const guest = await lodge.run({
    image: "web-keys",
    name: "web-keys",
    memory: 32 * 2 ** 20,
    network: [],
  });
  const plain = await servePlainPage(guestPlace(paths, guest.id).display);
  // The first cell is the guest's star.
  const keyboard: Keyboard = { cell: 1 };
  const figures: Figure[] = [];
  try {
    for (const who of ["Lodge", "raw QEMU"] as const) {
      const visit = await WebVisit.begin(url);
      try {
        if (who === "Lodge") {
          await visit.signIn(client);
          await visit.page.goto(`${url}/guests/web-keys/console`);
        } else await visit.page.goto(plain.url);
        const samples = await samplesOf(visit, keyboard, extent);
        say(`${who}: ${samples.map((sample) => sample.toFixed(0)).join(" ")} ms`);
        figures.push({
          what: "a key in Chromium, until the canvas shows what it did",
          who,
          unit: "ms",
          samples,
          bars:
            who === "Lodge"
              ? [
                  { of: "median", atMost: 35 },
                  { of: "p95", atMost: 60 },
                ]
              : [],
        });
      } finally {
        await visit.end();
      }
    }
  } finally {
    plain.end();
    await lodge.remove(guest);
  }
  return figures;
}

export const webKey: Row = {
  name: "web-key",
  title: "From a key in the browser to the canvas that shows what it did",
  bare: true,
  measure: async (lodge, extent, say) => ({
    figures: await measure(lodge, extent, say),
    notes: [
      "Input to canvas: from the key event's own time to the first animation frame before which the cell of the canvas differs. " +
        "Chromium is without a window, so no screen's delay is in it; keys come by its debugging protocol, 0.7 to 1 s apart.",
      "The guest is a boot sector that shows a key within microseconds, in its next cell. 'raw QEMU' is noVNC's own viewer in a page, " +
        "on the VNC server of the same QEMU behind a proxy that passes bytes on, as websockify does. QEMU, daemon and browser share the processors.",
    ],
  }),
};
