/** A guest's display: from a key to the picture of what it did, and frames over distance. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { guestPlace } from "#domain/guest/place";
import { keys, motion, noise, video } from "../../test/vm/boot-sector.ts";
import { putBetween, type Distance, type Link } from "../distance.ts";
import { DisplayViewer } from "../display-viewer.ts";
import type { Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { servePlainly } from "../plain-display.ts";
import { rest, type Extent, type Row } from "../row.ts";

type Who = Extract<Figure["who"], "Lodge" | "raw QEMU">;

/** One guest's display, by Lodge and by a plain proxy of the same QEMU. */
class Stage {
  readonly #lodge: Lodge;
  readonly guest: string;
  readonly #id: string;
  readonly #plain: string;
  readonly #end: () => void;
  #links = 0;

  private constructor(lodge: Lodge, guest: string, id: string, plain: string, end: () => void) {
    this.#lodge = lodge;
    this.guest = guest;
    this.#id = id;
    this.#plain = plain;
    this.#end = end;
  }

  static async set(lodge: Lodge, name: string, disk: Buffer): Promise<Stage> {
    const path = join(lodge.paths.home, `${name}.img`);
    await writeFile(path, disk);
    const { client } = lodge;
    await client.waitFor(await client.call("imageImport", { body: { path, name, agent: "none" } }));
    const { id } = await lodge.run({ image: name, name, memory: 32 * 2 ** 20, network: [] });
    const plain = join(lodge.paths.run, `${name}.plain`);
    const qemu = guestPlace(lodge.paths, id).display;
    return new Stage(lodge, name, id, plain, await servePlainly(plain, qemu));
  }

  /** `loss`: as a browser does, it takes JPEG. */
  async watch(
    who: Who,
    link?: Link,
    loss = false,
  ): Promise<{ viewer: DisplayViewer; distance: Distance | undefined }> {
    const to = who === "Lodge" ? this.#lodge.paths.socket : this.#plain;
    const distance =
      link && (await putBetween(join(this.#lodge.paths.run, `${this.guest}.${this.#links++}`), to, link));
    const path = who === "Lodge" ? await this.#path() : "/";
    const viewer = await DisplayViewer.open(distance?.path ?? to, path, { loss });
    return { viewer, distance };
  }

  async #path(): Promise<string> {
    const { ticket } = await this.#lodge.client.call("guestDisplayTicket", {
      params: { guest: this.guest },
      body: {},
    });
    return `/v1/guests/${this.guest}/display?ticket=${ticket}`;
  }

  async strike(): Promise<void> {
    this.#end();
    await this.#lodge.remove({ id: this.#id });
  }
}

/** What a plain proxy is called in the table. */
const both: readonly Who[] = ["Lodge", "raw QEMU"];
/** 5 Mbit/s in bytes a millisecond. */
const narrow = 625;

async function keyFigures(stage: Stage, extent: Extent, say: (line: string) => void): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const who of both) {
    const { viewer } = await stage.watch(who);
    await rest(3000);
    const samples: number[] = [];
    for (let i = 0; i < extent.times(40); i++) {
      // At no rhythm that QEMU's own could fall in with, and long enough for it to look more seldom.
      await rest(700 + Math.random() * 300);
      samples.push(await viewer.key());
    }
    viewer.close();
    say(`${who}: ${samples.map((sample) => sample.toFixed(0)).join(" ")} ms`);
    const bars = who === "Lodge" ? ([{ of: "median", atMost: 20 }] as const) : [];
    figures.push({ what: "a key, until the viewer has the picture of it", who, unit: "ms", samples, bars });
    await rest(500);
  }
  return figures;
}

async function frameFigures(stage: Stage, extent: Extent, say: (line: string) => void): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const roundTrip of [0, 50, 100])
    for (const who of both) {
      const { viewer, distance } = await stage.watch(who, { roundTrip });
      await rest(3000);
      const samples: number[] = [];
      for (let i = 0; i < extent.times(5); i++) {
        const [before, begin] = [viewer.frames, performance.now()];
        await rest(1000);
        samples.push((performance.now() - begin) / (viewer.frames - before));
      }
      viewer.close();
      distance?.close();
      say(
        `${who} at ${roundTrip} ms: ${samples.map((sample) => (1000 / sample).toFixed(1)).join(" ")} a second`,
      );
      figures.push({
        what: `time to the next frame while the screen always changes, ${roundTrip} ms round trip`,
        who,
        unit: "ms",
        samples,
        bars: who === "Lodge" ? [{ of: "median", atMost: 33.4 }] : [],
      });
    }
  return figures;
}

async function backlogFigures(stage: Stage, extent: Extent, say: (line: string) => void): Promise<Figure[]> {
  const { viewer, distance } = await stage.watch("Lodge", { roundTrip: 50, rate: narrow });
  await rest(4000);
  const samples: number[] = [];
  for (let i = 0; i < extent.times(100); i++) {
    await rest(50);
    samples.push(distance!.underWay);
  }
  viewer.close();
  distance!.close();
  say(`at 5 Mbit/s: ${Math.max(...samples)} frames under way at most`);
  return [
    {
      what: "frames under way on a link of 5 Mbit/s and 50 ms that noise of 320 × 200 overfills",
      who: "Lodge",
      unit: "frames",
      samples,
      bars: [{ of: "most", atMost: 2 }],
    },
  ];
}

async function typingFigures(stage: Stage, extent: Extent, say: (line: string) => void): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const who of both) {
    const { viewer, distance } = await stage.watch(who, { roundTrip: 50, rate: narrow }, true);
    // Until the quality is what the link takes.
    await rest(15_000);
    const [before, begin] = [viewer.frames, performance.now()];
    await rest(5000);
    const spacing = (performance.now() - begin) / (viewer.frames - before);
    const samples: number[] = [];
    for (let i = 0; i < extent.times(40); i++) {
      await rest(300 + Math.random() * 300);
      samples.push(await viewer.key(0.7));
    }
    viewer.close();
    distance!.close();
    say(
      `${who}: a frame each ${spacing.toFixed(0)} ms; ${samples.map((one) => one.toFixed(0)).join(" ")} ms`,
    );
    figures.push({
      what: "a key beside a video that fills a link of 5 Mbit/s and 50 ms, until the viewer has the picture of it",
      who,
      unit: "ms",
      samples,
      bars: [],
    });
    await rest(500);
  }
  return figures;
}

export const display: Row = {
  name: "display",
  title: "A guest's display: key to picture, frames over distance, what waits on a narrow link",
  bare: true,
  async measure(lodge, extent, say) {
    const figures: Figure[] = [];
    for (const [name, disk, measure] of [
      ["keys", keys(), keyFigures],
      ["motion", motion(), frameFigures],
      ["noise", noise(), backlogFigures],
      ["video", video(), typingFigures],
    ] as const) {
      const stage = await Stage.set(lodge, name, disk);
      try {
        await rest(3000);
        figures.push(...(await measure(stage, extent, say)));
      } finally {
        await stage.strike();
      }
    }
    return {
      figures,
      notes: [
        "Guests are boot sectors that draw within microseconds. The viewer counts frames and draws nothing; where a link is said, " +
          "it is a proxy in the viewer's process that holds bytes back and loses none.",
        "'raw QEMU' is the VNC server of the same QEMU behind a proxy that passes bytes on, as websockify does.",
      ],
    };
  },
};
