/** For how long a guest that writes all the time is held up by a snapshot of its disks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Guest } from "#contract/schema/guest";
import type { Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { rest, type Row } from "../row.ts";

const script = readFileSync(join(import.meta.dirname, "../writes.pl"), "utf8");
const seconds = 4;

/** Milliseconds of the longest hold-up while `meanwhile` happens; the guest is writing by then. */
async function longest(lodge: Lodge, guest: Guest, meanwhile: () => Promise<unknown>): Promise<number> {
  const writing = lodge.inside(guest.name, "perl", "-e", script, "/var/tmp/writes", String(seconds));
  await rest(1500);
  await meanwhile();
  return Number((await writing).output);
}

export const snapshot: Row = {
  name: "snapshot",
  title: "a guest's longest wait for a write while a snapshot of its disks is taken",
  async measure(lodge, extent, say) {
    await lodge.parked();
    const guest = await lodge.run();
    const { client } = lodge;
    const params = { guest: guest.id };
    const held = async (freeze: "auto" | "never") => {
      const body = { name: freeze, freeze };
      const time = await longest(lodge, guest, async () =>
        client.waitFor(await client.call("snapshotCreate", { params, body })),
      );
      await client.waitFor(await client.call("snapshotDelete", { params: { ...params, snapshot: freeze } }));
      return time;
    };
    const alone: number[] = [];
    const frozen: number[] = [];
    const plain: number[] = [];
    for (let i = 0; i < extent.times(10); i++) {
      alone.push(await longest(lodge, guest, async () => undefined));
      frozen.push(await held("auto"));
      plain.push(await held("never"));
      say(`alone ${alone.at(-1)} ms, frozen ${frozen.at(-1)} ms, without ${plain.at(-1)} ms`);
    }
    await lodge.remove(guest);
    const figure = (what: string, samples: readonly number[], bars: Figure["bars"]): Figure => ({
      what,
      who: "Lodge",
      unit: "ms",
      samples,
      bars,
    });
    return {
      figures: [
        figure("with its file systems frozen by the agent", frozen, [{ of: "median", atMost: 100 }]),
        figure("without", plain, [{ of: "median", atMost: 100 }]),
        figure("in as long a time without a snapshot", alone, []),
      ],
      notes: [
        "The guest writes one block of 4 KiB after another and has each on the disk before the next (O_DSYNC).",
      ],
    };
  },
};
