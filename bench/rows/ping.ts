/** From the same request until the guest's own address answers. */
import { answersPing, noAddresses } from "../answers.ts";
import { rest, type Row } from "../row.ts";

export const ping: Row = {
  name: "ping",
  title: "`run` from a parked template until its own address answers a ping from the host",
  async measure(lodge, extent, say) {
    await lodge.parked();
    const times: number[] = [];
    for (let i = 0; i < extent.times(15); i++) {
      const begin = performance.now();
      const guest = await lodge.run();
      const answered = await answersPing(guest);
      if (answered) times.push(performance.now() - begin);
      say(answered ? `${times.at(-1)!.toFixed(0)} ms` : "no answer");
      await lodge.remove(guest);
      await rest(200);
    }
    if (times.length === 0) return { figures: [], notes: [noAddresses] };
    return {
      figures: [
        {
          what: "asked of the daemon, until a ping has come back",
          who: "Lodge",
          unit: "ms",
          samples: times,
          bars: [{ of: "median", atMost: 1200 }],
        },
      ],
      notes: [],
    };
  },
};
