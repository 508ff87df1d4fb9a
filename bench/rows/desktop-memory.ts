/** What each further desktop takes of the host's memory, idle and with a terminal. */
import { readFileSync } from "node:fs";
import { availableMemory } from "../crowd.ts";
import { DesktopPool, displayPath, Person } from "../desktop/pool.ts";
import { DisplayViewer } from "../display-viewer.ts";
import type { Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { memoryOf } from "../process-memory.ts";
import { rest, type Extent, type Result, type Row } from "../row.ts";

const people = 8;
/** Milliseconds after which desktops count as idle. */
const settling = 30_000;
/** Ctrl, Alt and t by X's numbers. */
const shortcut = [0xffe3, 0xffe9, 0x74] as const;

interface Taken {
  /** MiB: what the kernel has less to give, by desktop; what each QEMU takes; and of that, TCG's code. */
  readonly available: number;
  readonly proportional: readonly number[];
  readonly code: readonly number[];
}

/** MiB of the memory that is both written and executed: translated code. */
function codeOf(pid: number): number {
  let [is, sum] = [false, 0];
  for (const line of readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n")) {
    const range = /^[0-9a-f]+-[0-9a-f]+ (\S+)/.exec(line);
    if (range) is = range[1] === "rwxp";
    else if (is) sum += Number(/^Pss:\s+(\d+)/.exec(line)?.[1] ?? 0);
  }
  return sum / 1024;
}

function figuresOf(what: string, { available, proportional, code }: Taken, most: number): Figure[] {
  const figure = { who: "Lodge", unit: "MiB" } as const;
  return [
    {
      ...figure,
      what: `${what}: MemAvailable that each takes`,
      samples: [available],
      bars: [{ of: "most", atMost: most }],
    },
    { ...figure, what: `${what}: proportional memory (PSS) of its QEMU`, samples: proportional, bars: [] },
    { ...figure, what: `${what}: of that, TCG's code buffer`, samples: code, bars: [] },
  ];
}

async function measure(lodge: Lodge, extent: Extent, say: (line: string) => void): Promise<Result> {
  const url = await lodge.reachable();
  const count = extent.quick ? 2 : people;
  const pool = await DesktopPool.make(lodge, 0);
  const viewers: DisplayViewer[] = [];
  try {
    // The first has the template's memory mapped, which is there once for all.
    await see(await Person.make(lodge, url, "person-0"), url);
    await rest(settling);
    const before = availableMemory();
    for (let i = 0; i < count; i++)
      viewers.push(await see(await Person.make(lodge, url, `person-${i + 1}`), url));
    const pids = (await lodge.client.call("guestList", { query: {} })).flatMap(({ desktop, pid }) =>
      desktop && pid ? [pid] : [],
    );
    const taken = (): Taken => ({
      available: (before - availableMemory()) / count,
      proportional: pids.map((pid) => memoryOf(pid, "proportional")),
      code: pids.map(codeOf),
    });
    await rest(settling);
    const idle = taken();
    say(`idle: ${idle.available.toFixed(0)} MiB each`);
    for (const viewer of viewers) {
      viewer.strike(...shortcut);
      // One after another: all at once would only be slower.
      await rest(extent.quick ? 15_000 : 8000);
    }
    await rest(settling);
    const busy = taken();
    say(`with a terminal: ${busy.available.toFixed(0)} MiB each`);
    return {
      figures: [...figuresOf("idle", idle, 200), ...figuresOf("with a terminal open", busy, 350)],
      notes: [
        `${count} desktops more than one, of one template, each made for who clicked and watched by a viewer that draws nothing; ${settling / 1000} s at rest before each look. ` +
          "The first desktop is among the QEMUs, without a terminal.",
      ],
    };
  } finally {
    for (const viewer of viewers) viewer.close();
    await pool.remove();
  }
}

async function see(person: Person, url: string): Promise<DisplayViewer> {
  const viewer = await DisplayViewer.open(url, displayPath(await person.connect()));
  await viewer.whole();
  return viewer;
}

export const desktopMemory: Row = {
  name: "desktop-memory",
  title: "Memory of each further XFCE desktop, idle and with a terminal",
  bare: true,
  desktop: true,
  measure,
};
