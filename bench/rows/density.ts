/** A hundred guests at a time, and what each takes of the host's memory; beside them plain guests. */
import type { Figure } from "../figures.ts";
import { availableMemory, makeCrowd } from "../crowd.ts";
import { noAddresses } from "../answers.ts";
import { memoryOf } from "../process-memory.ts";
import { abreast, type Lodge } from "../lodge.ts";
import { patternOf, RawMachine } from "../raw-qemu.ts";
import { rest, type Row } from "../row.ts";

/** Milliseconds after which guests count as idle. */
const settling = 20_000;

export const density: Row = {
  name: "density",
  title: "100 guests: all up, each answering `exec` and `ping`; memory of each",
  async measure(lodge, extent, say) {
    await lodge.parked();
    await lodge.disperse();
    const pause = extent.quick ? 3000 : settling;
    const plain = await plainGuests(lodge, pause, say);
    await rest(2000);
    const before = availableMemory();
    let time = 0;
    let notes: string[] = [];
    const guests = await lodge.crowd(async () => {
      const crowd = await makeCrowd(lodge, extent.guests, say);
      time = crowd.time;
      notes = [`${crowd.commands} of ${extent.guests} answered a command, ${crowd.pings} a ping.`];
      if (crowd.pings === 0) notes.push(noAddresses);
      return crowd.guests;
    });
    await rest(pause);
    const perGuest = (before - availableMemory()) / guests.length;
    const proportional = guests.map(({ pid }) => memoryOf(pid!, "proportional"));
    const again = await abreast(
      guests.length,
      10,
      async (i) => (await lodge.inside(guests[i]!.name, "true")).code,
    );
    notes.push(
      `With all of them up, ${again.filter((code) => code === 0).length} answered a command once more.`,
    );
    const figures: Figure[] = [
      {
        what: `${guests.length} guests up and answering, ten made at a time`,
        who: "Lodge",
        unit: "s",
        samples: [time / 1000],
        bars: [{ of: "most", atMost: 90 }],
      },
      {
        what: "MemAvailable that each takes, the template's own memory (once for all) not counted",
        who: "Lodge",
        unit: "MiB",
        samples: [perGuest],
        bars: [{ of: "most", atMost: 90 }],
      },
      {
        what: "proportional memory (PSS) of its QEMU",
        who: "Lodge",
        unit: "MiB",
        samples: proportional,
        bars: [],
      },
      {
        what: "a plain guest: booted, TCG's buffer as QEMU sizes it",
        who: "raw QEMU",
        unit: "MiB",
        samples: [plain],
        bars: [],
      },
    ];
    return { figures, notes };
  },
};

/** MiB that a booted guest takes which nobody tuned: the mean of two. */
async function plainGuests(lodge: Lodge, pause: number, say: (line: string) => void): Promise<number> {
  const guest = await lodge.run();
  const pattern = await patternOf(await lodge.client.call("guestGet", { params: { guest: guest.id } }));
  await lodge.remove(guest);
  await rest(2000);
  const before = availableMemory();
  const accelerator = pattern.args.some((word) => word.startsWith("tcg")) ? "tcg" : "kvm";
  const machines = await abreast(2, 2, async () => {
    const machine = await RawMachine.start(await RawMachine.prepare(lodge, pattern, { accelerator }));
    await machine.monitor.execute("cont");
    await machine.agent.hello({ timeout: 300_000 });
    await machine.agent
      .runToEnd(["systemctl", "is-system-running", "--wait"], { timeout: 180_000 })
      .catch(() => undefined);
    return machine;
  });
  try {
    await rest(pause);
    const each = (before - availableMemory()) / machines.length;
    say(`a plain guest takes ${each.toFixed(0)} MiB`);
    return each;
  } finally {
    await Promise.all(machines.map((machine) => machine.remove()));
  }
}
