/** A guest's memory to disk and back. */
import { join } from "node:path";
import { endProcess } from "#base/process";
import { waitLoaded } from "#hypervisor/qemu/migrate";
import type { Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { parkedFiles, patternOf, RawMachine, type Pattern } from "../raw-qemu.ts";
import { rest, timed, type Row } from "../row.ts";

interface Sample {
  readonly out: number;
  readonly back: number;
}

export const suspend: Row = {
  name: "suspend",
  title: "`suspend` and `start` from it, 512 MiB",
  async measure(lodge, extent, say) {
    await lodge.parked();
    const { client } = lodge;
    const guest = await client.call("guestGet", { params: { guest: (await lodge.run()).id } });
    const params = { guest: guest.id };
    // Another one, whose process stays: the machines by hand take the parked memory from it.
    const source = await client.call("guestGet", { params: { guest: (await lodge.run()).id } });
    const pattern = await patternOf(source);
    const parked = parkedFiles(lodge, source);
    await rest(2000);
    const ours: Sample[] = [];
    const answered: number[] = [];
    const raw: Sample[] = [];
    for (let i = 0; i < extent.times(6); i++) {
      raw.push(await byHand(lodge, pattern, parked));
      const out = await timed(async () => client.waitFor(await client.call("guestSuspend", { params })));
      await rest(500);
      const begin = performance.now();
      await client.waitFor(await client.call("guestStart", { params }));
      const back = performance.now() - begin;
      await lodge.inside(guest.name, "true");
      answered.push(performance.now() - begin);
      ours.push({ out, back });
      say(`out ${out.toFixed(0)} ms, back ${back.toFixed(0)} ms`);
      await rest(500);
    }
    await lodge.remove(guest, source);
    const seconds = (samples: readonly number[]) => samples.map((one) => one / 1000);
    const figure = (
      what: string,
      who: Figure["who"],
      samples: readonly number[],
      atMost?: number,
    ): Figure => ({
      what,
      who,
      unit: "s",
      samples: seconds(samples),
      bars: atMost === undefined ? [] : [{ of: "median", atMost }],
    });
    return {
      figures: [
        figure(
          "`suspend`",
          "Lodge",
          ours.map(({ out }) => out),
          2.3,
        ),
        figure(
          "`start` from it",
          "Lodge",
          ours.map(({ back }) => back),
          0.8,
        ),
        figure("`start` from it, until `exec true` has answered", "Lodge", answered),
        figure(
          "stop, state to a file, end",
          "raw QEMU",
          raw.map(({ out }) => out),
        ),
        figure(
          "QEMU started, state loaded, running",
          "raw QEMU",
          raw.map(({ back }) => back),
        ),
      ],
      notes: [
        "The bars are libvirt's managedsave and start from it on such a machine. Lodge's file is flushed to the disk before the guest's process is ended; raw QEMU's is not.",
      ],
    };
  },
};

async function byHand(
  lodge: Lodge,
  pattern: Pattern,
  parked: { ram: string; state: string },
): Promise<Sample> {
  const prepared = await RawMachine.prepare(lodge, pattern, { parked, spawns: true });
  let machine = await RawMachine.start(prepared);
  try {
    await machine.monitor.execute("cont");
    await machine.agent.hello();
    await rest(500);
    const file = join(machine.folder, "state");
    const capabilities = (ignoreShared: boolean) => ({
      capabilities: [
        { capability: "events", state: true },
        { capability: "x-ignore-shared", state: ignoreShared },
      ],
    });
    const out = await timed(async () => {
      const { monitor } = machine;
      await monitor.execute("stop");
      await monitor.execute("migrate-set-capabilities", capabilities(false));
      await monitor.execute("migrate-set-parameters", { "max-bandwidth": 2 ** 40 });
      const completed = monitor.nextEvent(
        ({ event, data }) => event === "MIGRATION" && data["status"] === "completed",
      );
      await monitor.execute("migrate", { uri: `exec:cat > ${file}` });
      await completed;
      await monitor.execute("quit").catch(() => undefined);
      await endProcess(machine.process);
    });
    await machine.halt();
    await rest(500);
    const back = await timed(async () => {
      machine = await RawMachine.launch(prepared);
      await machine.monitor.execute("migrate-set-capabilities", capabilities(false));
      await machine.monitor.execute("migrate-incoming", { uri: `exec:cat ${file}` });
      await waitLoaded(machine.monitor, { timeout: 60_000 });
      await machine.monitor.execute("cont");
    });
    return { out, back };
  } finally {
    await machine.remove();
  }
}
