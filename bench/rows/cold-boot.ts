/** Lodge's boot against the same machine without Lodge, in turns: raw, Lodge, raw, raw, Lodge, raw, … */
import { least, median, most, type Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { patternOf, RawMachine, type Pattern } from "../raw-qemu.ts";
import { rest, type Row } from "../row.ts";

export const coldBoot: Row = {
  name: "cold-boot",
  title: "Cold boot until the agent answers, against raw QEMU with the same disk and devices",
  async measure(lodge, extent, say) {
    await lodge.parked();
    const ours: number[] = [];
    const before: number[] = [];
    const after: number[] = [];
    let pattern: Pattern | undefined;
    // The first boot of an image reads it from the disk: for the pattern only, and to warm the page cache.
    for (let i = -1; i < extent.times(4); i++) {
      if (pattern) before.push(await bootByHand(lodge, pattern));
      const begin = performance.now();
      const guest = await lodge.run({ cold: true });
      const time = performance.now() - begin;
      const now = await lodge.client.call("guestGet", { params: { guest: guest.id } });
      if (i >= 0) ours.push(time);
      const own = await patternOf(now);
      // Its process ends; its seed stays, which the one by hand has in its drive as well.
      await lodge.client.waitFor(
        await lodge.client.call("guestStop", { params: { guest: guest.id }, body: { force: true } }),
      );
      if (i >= 0) after.push(await bootByHand(lodge, own));
      if (pattern) await lodge.remove(pattern.guest);
      pattern = own;
      say(`raw ${seconds(before)}, Lodge ${seconds(ours)}, raw ${seconds(after)}`);
    }
    if (pattern) await lodge.remove(pattern.guest);
    const raw = [...before, ...after];
    const spread = before.map((one, i) => Math.max(one, after[i]!) / Math.min(one, after[i]!));
    const range = most(raw) / least(raw);
    const ratio = median(ours) / median(raw);
    const inSeconds = (samples: readonly number[]) => samples.map((ms) => ms / 1000);
    const figures: Figure[] = [
      {
        what: "Lodge's median by raw QEMU's",
        who: "Lodge",
        unit: "times",
        samples: [ratio],
        bars: [{ of: "most", atMost: Math.max(1.03, range) }],
      },
      {
        what: "from the request until the agent has answered",
        who: "Lodge",
        unit: "s",
        samples: inSeconds(ours),
        bars: [],
      },
      {
        what: "from QEMU's start until the agent has answered",
        who: "raw QEMU",
        unit: "s",
        samples: inSeconds(raw),
        bars: [],
      },
    ];
    return {
      figures,
      notes: [
        `The bar is 1.03, or raw QEMU's own range in this run where that is larger: its slowest boot took ${range.toFixed(3)} times its fastest; neighbours in time differed by ${median(spread).toFixed(3)} (median).`,
        "Lodge's time has all of its own work in it; raw QEMU's begins when its disk and tap are there. Its tap leads nowhere; the agent answers before the network is up.",
      ],
    };
  },
};

const seconds = (samples: readonly number[]): string => `${((samples.at(-1) ?? 0) / 1000).toFixed(2)} s`;

async function bootByHand(lodge: Lodge, pattern: Pattern): Promise<number> {
  const prepared = await RawMachine.prepare(lodge, pattern, {});
  await rest(500);
  const begin = performance.now();
  const machine = await RawMachine.start(prepared);
  try {
    await machine.monitor.execute("cont");
    await machine.agent.hello({ timeout: 300_000 });
    return performance.now() - begin;
  } finally {
    await machine.remove();
  }
}
