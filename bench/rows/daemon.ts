/** What the daemon itself takes while a hundred guests stand idle. */
import { readFileSync } from "node:fs";
import { standing } from "../crowd.ts";
import { memoryOf } from "../process-memory.ts";
import type { Figure } from "../figures.ts";
import { rest, timed, type Row } from "../row.ts";

/** Clock ticks a second in /proc: USER_HZ has been 100 on x86 for ever. */
const ticks = 100;

/** Seconds of a processor that the process has used, all its threads together. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

export const daemon: Row = {
  name: "daemon",
  title: "`lodged` with 100 guests: resident memory, idle processor time",
  async measure(lodge, extent, say) {
    const guests = await standing(lodge, extent.guests, say);
    await rest(extent.quick ? 2000 : 15_000);
    const window = extent.quick ? 3000 : 20_000;
    const busy: number[] = [];
    const resident: number[] = [];
    const proportional: number[] = [];
    for (let i = 0; i < extent.times(3); i++) {
      const begin = performance.now();
      const before = cpuSeconds(lodge.pid);
      await rest(window);
      busy.push(((cpuSeconds(lodge.pid) - before) / ((performance.now() - begin) / 1000)) * 100);
      resident.push(memoryOf(lodge.pid, "resident"));
      proportional.push(memoryOf(lodge.pid, "proportional"));
      say(`${resident.at(-1)!.toFixed(0)} MiB, ${busy.at(-1)!.toFixed(2)} % of a core`);
    }
    const adoption = await timed(() => lodge.restart());
    await rest(extent.quick ? 2000 : 15_000);
    const anew = memoryOf(lodge.pid, "resident");
    const mib = (what: string, samples: readonly number[], bars: Figure["bars"]): Figure => ({
      what,
      who: "Lodge",
      unit: "MiB",
      samples,
      bars,
    });
    return {
      figures: [
        mib(`resident memory (VmRSS), ${guests.length} guests`, resident, [{ of: "most", atMost: 120 }]),
        mib("the same of a daemon that was just restarted", [anew], []),
        mib("its share of it (PSS), before the restart", proportional, []),
        {
          what: `idle, share of one core in windows of ${window / 1000} s`,
          who: "Lodge",
          unit: "%",
          samples: busy,
          bars: [{ of: "most", atMost: 2 }],
        },
        {
          what: "a restart, until it answers and has taken up all guests",
          who: "Lodge",
          unit: "ms",
          samples: [adoption],
          bars: [],
        },
      ],
      notes: [
        "The guests' own processes are not counted. libvirtd took 24.4 MiB (PSS) with 20 domains on such a machine.",
      ],
    };
  },
};
