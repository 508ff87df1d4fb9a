/** `lodge ls` from the shell's point of view: a whole process, with a hundred guests there. */
import { standing } from "../crowd.ts";
import { rest, timed, type Row } from "../row.ts";

export const ls: Row = {
  name: "ls",
  title: "`lodge ls` as a whole process, 100 guests",
  async measure(lodge, extent, say) {
    const guests = await standing(lodge, extent.guests, say);
    let lines = 0;
    const list = async () => {
      const { stdout } = await lodge.command("ls");
      lines = stdout.trim().split("\n").length;
    };
    // The first one fills the cache of compiled code.
    await list();
    const times: number[] = [];
    for (let i = 0; i < extent.times(30); i++) {
      times.push(await timed(list));
      await rest(50);
    }
    return {
      figures: [
        {
          what: `\`lodge ls\`, ${guests.length} guests`,
          who: "Lodge",
          unit: "ms",
          samples: times,
          bars: [{ of: "median", atMost: 120 }],
        },
      ],
      notes: [
        `It printed ${lines} lines. libvirt's virsh list took 18 ms with 20 domains on such a machine.`,
      ],
    };
  },
};
