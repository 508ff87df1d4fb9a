/** What a cell adds to the start of a QEMU: the same process with and without, in turns. */
import { chownSync, closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { endProcess } from "#base/process";
import { findCells, type CellHost } from "#hypervisor/cell/host";
import { startInCell } from "#hypervisor/cell/start";
import { Monitor } from "#hypervisor/qemu/monitor";
import { launchQemu } from "#hypervisor/qemu/process";
import { median, type Figure } from "../figures.ts";
import { rest, timed, type Row } from "../row.ts";

const binary = "qemu-system-x86_64";
/** Somebody's who is nobody on this host. */
const user = 0x7fff_0001;

export const cell: Row = {
  name: "cell",
  title: "QEMU's start until its monitor answers, in a cell and in none",
  bare: true,
  async measure(lodge, extent, say) {
    const host = await findCells(binary);
    const folder = join(lodge.paths.home, "cell-row");
    mkdirSync(folder);
    chownSync(folder, user, user);
    closeSync(openSync(join(folder, "log"), "a"));
    const inCell: number[] = [];
    const without: number[] = [];
    for (let i = -2; i < extent.times(40); i++) {
      const pair = [await timedStart(folder, host), await timedStart(folder)] as const;
      // The first ones read QEMU and its libraries from the disk.
      if (i < 0) continue;
      inCell.push(pair[0]);
      without.push(pair[1]);
      say(`${pair[0].toFixed(0)} ms in a cell, ${pair[1].toFixed(0)} ms without`);
    }
    rmSync(folder, { recursive: true });
    const figures: Figure[] = [
      {
        what: "added by a cell, of two neighbours in time",
        who: "Lodge",
        unit: "ms",
        samples: inCell.map((time, at) => time - without[at]!),
        bars: [{ of: "median", atMost: 15 }],
      },
      { what: "in a cell", who: "Lodge", unit: "ms", samples: inCell, bars: [] },
      { what: "in none", who: "raw QEMU", unit: "ms", samples: without, bars: [] },
    ];
    return {
      figures,
      notes: [
        `A q35 machine that stands still, of 64 MiB; the medians differ by ${(median(inCell) - median(without)).toFixed(1)} ms.`,
      ],
    };
  },
};

async function timedStart(folder: string, host?: CellHost): Promise<number> {
  const qmp = join(folder, "qmp");
  rmSync(qmp, { force: true });
  const args = [
    "-nodefaults",
    "-display",
    "none",
    "-S",
    "-machine",
    "q35",
    "-m",
    "64",
    "-qmp",
    `unix:${qmp},server=on,wait=off`,
  ];
  const log = join(folder, "log");
  const start = () =>
    host
      ? startInCell({
          host,
          user,
          fileSize: 2 ** 40,
          binds: [{ from: folder, how: "write" }],
          network: "none",
          args,
          log,
          cwd: "/",
        })
      : launchQemu({ binary, args, log, cwd: folder });
  let running: Awaited<ReturnType<typeof start>> | undefined;
  let monitor: Monitor | undefined;
  try {
    return await timed(async () => {
      running = await start();
      monitor = await Monitor.connect(qmp);
    });
  } finally {
    monitor?.close();
    if (running) await endProcess(running.process, 0);
    await rest(20);
  }
}
