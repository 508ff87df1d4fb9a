/** `fork` of a running guest: how long it stands still, and when its child answers. */
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import type { Guest } from "#contract/schema/guest";
import { beat, listen } from "../heartbeat.ts";
import type { Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { parkedFiles, patternOf, RawMachine, type Pattern } from "../raw-qemu.ts";
import { rest, type Row } from "../row.ts";

interface Sample {
  /** Milliseconds: by QEMU's events, by the heartbeat, the heartbeat's longest silence when nothing happens. */
  readonly pause: number;
  readonly silence: number;
  readonly calm: number;
  readonly late: number;
}

export const branch: Row = {
  name: "branch",
  title: "`fork` of a running guest with 512 MiB: the parent's pause, the child's answer",
  async measure(lodge, extent, say) {
    await lodge.parked();
    const parent = await lodge.client.call("guestGet", { params: { guest: (await lodge.run()).id } });
    // Now: the layer that it was started on goes when its chain is shortened.
    const pattern = await patternOf(parent);
    const serialLog = join(lodge.paths.guests, parent.id, "serial.log");
    const pulse = await lodge.client.exec(parent.name, { argv: [...beat] });
    pulse.stdout.resume();
    pulse.stderr.resume();
    await rest(2000);
    const ours: Sample[] = [];
    const answered: number[] = [];
    for (let i = 0; i < extent.times(10); i++) {
      const calm = await quiet(serialLog);
      const stop = listen(serialLog);
      const begin = performance.now();
      const operation = await lodge.client.waitFor(
        await lodge.client.call("guestFork", { params: { guest: parent.id }, body: {} }),
      );
      const { guests, pause } = operation.result as { guests: Guest[]; pause: number };
      await lodge.inside(guests[0]!.name, "true");
      answered.push(performance.now() - begin);
      const { longest, late } = stop();
      ours.push({ pause, silence: longest, calm, late });
      say(
        `paused ${pause.toFixed(0)} ms, silent ${longest.toFixed(0)} ms, child after ${answered.at(-1)!.toFixed(0)} ms`,
      );
      await lodge.remove(...guests);
      await rest(500);
    }
    const raw = await byHand(lodge, pattern, extent.times(10));
    await lodge.remove(parent);
    const figures: Figure[] = [
      ms(
        "the parent's pause by QEMU's events",
        "Lodge",
        ours.map(({ pause }) => pause),
        60,
      ),
      ms(
        "the longest silence of its heartbeat, seen by the host",
        "Lodge",
        ours.map(({ silence }) => silence),
        60,
      ),
      ms(
        "the same when nothing happens",
        "Lodge",
        ours.map(({ calm }) => calm),
      ),
      {
        ...ms("from the request until the child has answered `exec true`", "Lodge", answered),
        bars: [{ of: "median", atMost: 800 }],
      },
      ms(
        "pause by QEMU's events, RAM sent to a file, disks not frozen",
        "raw QEMU",
        raw.map(({ pause }) => pause),
      ),
      ms(
        "the longest silence of its heartbeat",
        "raw QEMU",
        raw.map(({ silence }) => silence),
      ),
    ];
    return {
      figures,
      notes: [
        "The heartbeat is a byte every 10 ms on the serial console, written by a process in the guest. Its silence has the console's jitter in it, and that of two QEMUs and a daemon on the same cores.",
        `The watcher itself was late by ${Math.max(...ours.map(({ late }) => late)).toFixed(0)} ms at most.`,
      ],
    };
  },
};

const ms = (what: string, who: Figure["who"], samples: readonly number[], atMost?: number): Figure => ({
  what,
  who,
  unit: "ms",
  samples,
  bars: atMost === undefined ? [] : [{ of: "most", atMost }],
});

async function quiet(serialLog: string): Promise<number> {
  const stop = listen(serialLog);
  await rest(1000);
  return stop().longest;
}

/** A machine of the same parked files whose whole state is sent to a file while it runs. */
async function byHand(lodge: Lodge, pattern: Pattern, count: number): Promise<Sample[]> {
  const prepared = await RawMachine.prepare(lodge, pattern, {
    parked: parkedFiles(lodge, pattern.guest),
    spawns: true,
  });
  const machine = await RawMachine.start(prepared);
  const { monitor, agent, serialLog, folder } = machine;
  try {
    await monitor.execute("cont");
    const pulse = await agent.exec({ argv: [...beat] });
    pulse.exit.catch(() => undefined);
    await monitor.execute("migrate-set-capabilities", {
      capabilities: [
        { capability: "events", state: true },
        { capability: "x-ignore-shared", state: false },
      ],
    });
    await monitor.execute("migrate-set-parameters", { "max-bandwidth": 2 ** 40, "downtime-limit": 20 });
    await rest(2000);
    const samples: Sample[] = [];
    for (let i = 0; i < count; i++) {
      const calm = await quiet(serialLog);
      const stop = listen(serialLog);
      let stopped = 0;
      let resumed = 0;
      const forget = monitor.onEvent(({ event, at }) => {
        if (event === "STOP") stopped = at;
        if (event === "RESUME") resumed = at;
      });
      const completed = monitor.nextEvent(
        ({ event, data }) => event === "MIGRATION" && data["status"] === "completed",
      );
      await monitor.execute("migrate", { uri: `exec:cat > ${join(folder, "state")}` });
      await completed;
      // QEMU says so a moment before it can go on.
      await retry(() => monitor.execute("cont"), {
        clock: systemClock,
        first: 1,
        longest: 2,
        timeout: 5000,
      });
      await rest(300);
      const { longest, late } = stop();
      forget();
      samples.push({ pause: resumed - stopped, silence: longest, calm, late });
    }
    return samples;
  } finally {
    await machine.remove();
  }
}
