/** `npm start` where everything is there already. */
import { rest, timed, type Row } from "../row.ts";

export const startAgain: Row = {
  name: "start-again",
  title: "`npm start` again: daemon, image and first guest are there",
  async measure(lodge, extent, say) {
    await lodge.parked();
    // The first time makes the first guest.
    const first = await timed(() => lodge.script("start"));
    const times: number[] = [];
    let answered = 0;
    for (let i = 0; i < extent.times(7); i++) {
      times.push(
        await timed(async () => {
          const { stdout } = await lodge.script("start");
          if (/^PRETTY_NAME=/m.test(stdout) && /^Linux /m.test(stdout)) answered++;
        }),
      );
      say(`${(times.at(-1)! / 1000).toFixed(2)} s`);
      await rest(200);
    }
    const made = (await lodge.client.call("guestList", { query: {} })).filter(({ name }) => name === "first");
    await lodge.remove(...made);
    return {
      figures: [
        {
          what: "whole process, until it has returned",
          who: "Lodge",
          unit: "s",
          samples: times.map((ms) => ms / 1000),
          bars: [{ of: "median", atMost: 3 }],
        },
        {
          what: "the time before: packages, daemon and image there, the first guest to be made",
          who: "Lodge",
          unit: "s",
          samples: [first / 1000],
          bars: [],
        },
      ],
      notes: [
        `${answered} of ${times.length} printed the guest's own os-release and uname.`,
        "The first start on a bare machine cannot be measured here: this machine has its packages. Clone into a fresh Debian and time it.",
      ],
    };
  },
};
