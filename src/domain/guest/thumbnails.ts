/**
 * Small pictures of displays, for tables: made when somebody asks, kept for a few seconds, and given to everybody
 * who asks meanwhile. However many look on, QEMU draws a display once in that time, and few at once.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import { newId } from "#base/ids";
import { makeOwn, readOwn } from "#base/own-file";
import type { Monitor } from "#hypervisor/qemu/monitor";
import type { Fleet } from "./fleet.ts";
import { requireNobodys } from "./looked-at.ts";
import { guestPlace } from "./place.ts";
import { readPpm, shrink, writePng } from "./picture.ts";
import { guestById } from "./record.ts";
import { mostBytes } from "./screenshot.ts";
import { requireAction } from "./state.ts";

const width = 320;
/** Milliseconds that a picture is good for. */
const fresh = 4_000;
const atOnce = 2;

interface Kept {
  readonly at: number;
  readonly png: Promise<Uint8Array>;
}

export interface ThumbnailParts {
  readonly fleet: Fleet;
  /** Milliseconds since any moment. */
  readonly now: () => number;
}

export class Thumbnails {
  readonly #parts: ThumbnailParts;
  readonly #kept = new Map<string, Kept>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(parts: ThumbnailParts) {
    this.#parts = parts;
  }

  async of(id: string): Promise<Uint8Array> {
    const { fleet, now } = this.#parts;
    const record = await guestById(fleet.parts.store, id);
    requireAction(record, "screenshot");
    requireNobodys(record);
    const kept = this.#kept.get(record.id);
    if (kept && now() - kept.at < fresh) return kept.png;
    this.#forgetGone();
    const { monitor } = fleet.require(record.id);
    const png = this.#oneOfFew(() =>
      take(record.name, monitor, guestPlace(fleet.parts.places, record.id).run),
    );
    this.#kept.set(record.id, { at: now(), png });
    // Whoever asks next tries anew.
    png.catch(() => this.#kept.delete(record.id));
    return png;
  }

  #forgetGone(): void {
    const running = new Set([...this.#parts.fleet.all()].map(({ id }) => id));
    for (const id of this.#kept.keys()) if (!running.has(id)) this.#kept.delete(id);
  }

  async #oneOfFew<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy >= atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy += 1;
    try {
      return await work();
    } finally {
      // The next one takes this one's place.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#busy -= 1;
    }
  }
}

async function take(guest: string, monitor: Monitor, folder: string): Promise<Uint8Array> {
  const file = join(folder, `${newId("s")}.ppm`);
  try {
    await makeOwn(file);
    await monitor.execute("screendump", { filename: file });
    const picture = readPpm(await readOwn(file, mostBytes));
    if (!picture) throw new LodgeError("console.no_display", { guest });
    return writePng(shrink(picture, width));
  } finally {
    await rm(file, { force: true });
  }
}
