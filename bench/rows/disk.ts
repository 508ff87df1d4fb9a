/**
 * Blocks of 4 KiB at random places of a guest's disk, read and written; and the same in a machine without Lodge that stands on
 * the same files. In turns, the peer twice: how far its two times are apart is what this cannot tell.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { median, type Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { parkedFiles, patternOf, RawMachine } from "../raw-qemu.ts";
import { rest, type Row } from "../row.ts";

const script = readFileSync(join(import.meta.dirname, "../blocks.pl"), "utf8");
const file = "/var/tmp/blocks";
const mebibytes = "128";

/** Runs the script to its end in a machine; what it printed. */
type Inside = (...words: string[]) => Promise<string>;

async function rawMachine(lodge: Lodge, id: string): Promise<RawMachine> {
  const guest = await lodge.client.call("guestGet", { params: { guest: id } });
  const prepared = await RawMachine.prepare(lodge, await patternOf(guest), {
    parked: parkedFiles(lodge, guest),
  });
  const machine = await RawMachine.start(prepared);
  await machine.monitor.execute("cont");
  await machine.agent.hello({ timeout: 30_000 });
  return machine;
}

export const disk: Row = {
  name: "disk",
  title: "4 KiB at random places of a disk, one after another, past the guest's page cache",
  async measure(lodge, extent, say) {
    await lodge.parked();
    const guest = await lodge.run();
    const machine = await rawMachine(lodge, guest.id);
    const own: Inside = async (...words) =>
      (await lodge.inside(guest.name, "perl", "-e", script, ...words)).output;
    const raw: Inside = async (...words) =>
      (await machine.agent.runToEnd(["perl", "-e", script, ...words])).stdout.toString();
    try {
      for (const inside of [own, raw]) await inside("make", file, mebibytes);
      const figures: Figure[] = [];
      const notes: string[] = [];
      for (const what of ["read", "write"] as const) {
        const found = await compare(what, { own, raw }, extent.times(12), say);
        figures.push(...found.figures);
        notes.push(found.note);
      }
      return { figures, notes };
    } finally {
      await machine.remove();
      await lodge.remove(guest);
    }
  },
};

async function compare(
  what: "read" | "write",
  { own, raw }: { readonly own: Inside; readonly raw: Inside },
  times: number,
  say: (line: string) => void,
) {
  const count = 2000;
  const timed = async (inside: Inside) => (Number(await inside(what, file, String(count))) * 1000) / count;
  const [ours, peer, again]: [number[], number[], number[]] = [[], [], []];
  for (let i = -1; i < times; i++) {
    const three = [await timed(own), await timed(raw), await timed(raw)] as const;
    // The first blocks written are copied from below.
    if (i < 0) continue;
    ours.push(three[0]);
    peer.push(three[1]);
    again.push(three[2]);
    say(`${what}: ${three[0].toFixed(3)} ms a block, the peer ${three[1].toFixed(3)}`);
    await rest(200);
  }
  const apart = median(again) / median(peer);
  const figures: Figure[] = [
    { what: `to ${what} a block`, who: "Lodge", unit: "ms", samples: ours, bars: [] },
    { what: `to ${what} a block`, who: "raw QEMU", unit: "ms", samples: [...peer, ...again], bars: [] },
    {
      what: `how long it takes to ${what}, of what it takes the peer`,
      who: "Lodge",
      unit: "times",
      samples: ours.map((time, i) => time / ((peer[i]! + again[i]!) / 2)),
      bars: [{ of: "median", atMost: Math.max(1 / 0.97, apart, 1 / apart) }],
    },
  ];
  return { figures, note: `To ${what}, the peer took ${apart.toFixed(3)} × of its own time a second time.` };
}
