/** Ten guests asked for in the same moment, until the last has answered a command. */
import { rest, timed, type Row } from "../row.ts";

export const tenAtOnce: Row = {
  name: "ten-at-once",
  title: "10 guests at once from a parked template, until each has answered `exec true`",
  async measure(lodge, extent, say) {
    await lodge.parked();
    const ten = extent.quick ? 3 : 10;
    const all: number[] = [];
    const first: number[] = [];
    for (let i = 0; i < extent.times(8); i++) {
      const begin = performance.now();
      const each = Array.from({ length: ten }, async () => {
        const guest = await lodge.run();
        const { code } = await lodge.inside(guest.name, "true");
        return { guest, code, after: performance.now() - begin };
      });
      let made: Awaited<(typeof each)[number]>[] = [];
      all.push(await timed(async () => void (made = await Promise.all(each))));
      first.push(Math.min(...made.map(({ after }) => after)));
      say(`${(all.at(-1)! / 1000).toFixed(2)} s`);
      await lodge.remove(...made.map(({ guest }) => guest));
      await rest(500);
    }
    const seconds = (samples: readonly number[]) => samples.map((ms) => ms / 1000);
    return {
      figures: [
        {
          what: "the last of ten",
          who: "Lodge",
          unit: "s",
          samples: seconds(all),
          bars: [{ of: "most", atMost: 3 }],
        },
        { what: "the first of ten", who: "Lodge", unit: "s", samples: seconds(first), bars: [] },
      ],
      notes: [],
    };
  },
};
