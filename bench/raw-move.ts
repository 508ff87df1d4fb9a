/**
 * The peer of moves: a machine of Lodge's pattern that goes from one QEMU to another over loopback TCP, on one disk that both
 * have or with its disk, as anybody would do it by hand. The QEMU that receives is there before the clock starts.
 */
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import type { MigrationInfo } from "#hypervisor/qemu/migrate";
import { beat, listen } from "./heartbeat.ts";
import type { Lodge } from "./lodge.ts";
import { concludeMirror, equip, mirrorDisk, offerDisk } from "./raw-mirror.ts";
import { parkedFiles, RawMachine, type Pattern } from "./raw-qemu.ts";
import { rest } from "./row.ts";

export interface Hop {
  /** Milliseconds from the command until the machine runs there. */
  readonly total: number;
  /** By its heartbeat: the longest silence, and that when nothing happened. */
  readonly silence: number;
  readonly calm: number;
  readonly late: number;
  readonly sent: number;
}

export interface HopOptions {
  /** Bytes a second. */
  readonly bandwidth?: number;
  readonly converges?: boolean;
  /** Its disk goes along, and all of it by TLS with what is in this folder. */
  readonly credentials?: string;
  /** Milliseconds after which it is given up. */
  readonly patience?: number;
}

/** Where the disk is offered. */
const diskPort = "23809";

/** What a migration is that is not under way any more. */
const over = ["completed", "failed", "cancelled"];

export class RawTraveller {
  #machine: RawMachine;
  readonly #lodge: Lodge;
  readonly #pattern: Pattern;
  readonly #left: RawMachine[] = [];
  #disk: string;

  private constructor(lodge: Lodge, pattern: Pattern, machine: RawMachine, disk: string) {
    this.#lodge = lodge;
    this.#pattern = pattern;
    this.#machine = machine;
    this.#disk = disk;
  }

  /** Forked of what that guest was, and running, with a heartbeat; `also` runs beside it. */
  static async start(lodge: Lodge, pattern: Pattern, also?: readonly string[]): Promise<RawTraveller> {
    const parked = parkedFiles(lodge, pattern.guest);
    const prepared = await RawMachine.prepare(lodge, pattern, { parked });
    const machine = await RawMachine.start(prepared);
    const { monitor, agent } = machine;
    await monitor.execute("cont");
    for (const argv of [beat, ...(also ? [also] : [])]) {
      const { exit } = await agent.runToEnd([...detached(argv)]);
      if (!("code" in exit) || exit.code !== 0)
        throw new TypeError("the machine by hand does not run what it is to run");
    }
    return new RawTraveller(lodge, pattern, machine, prepared.disk);
  }

  /** @returns undefined: it did not come through in time, and is where it was */
  async hop(options: HopOptions = {}): Promise<Hop | undefined> {
    const source = this.#machine;
    const { credentials } = options;
    const parked = parkedFiles(this.#lodge, this.#pattern.guest);
    const empty =
      credentials === undefined ? undefined : await RawMachine.disk(this.#lodge, this.#pattern, { parked });
    const prepared = await RawMachine.prepare(this.#lodge, this.#pattern, {
      receives: { disk: empty ?? this.#disk },
    });
    const target = await RawMachine.launch(prepared);
    const max = { "max-bandwidth": options.bandwidth ?? 2 ** 33 };
    for (const { monitor } of [source, target]) await monitor.execute("migrate-set-parameters", max);
    const capabilities = [
      { capability: "x-ignore-shared", state: false },
      { capability: "auto-converge", state: options.converges ?? false },
      { capability: "pause-before-switchover", state: credentials !== undefined },
    ];
    await source.monitor.execute("migrate-set-capabilities", { capabilities });
    if (credentials !== undefined) {
      await equip(source, "client", credentials);
      await equip(target, "server", credentials);
    }
    await target.monitor.execute("migrate-incoming", { uri: "tcp:127.0.0.1:0" });
    const uri = `tcp:127.0.0.1:${await portOf(target)}`;
    const calm = await quiet(source.serialLog);
    const stop = listen(source.serialLog, target.serialLog);
    const begin = performance.now();
    if (credentials !== undefined) {
      await offerDisk(target, diskPort);
      await mirrorDisk(source, diskPort);
    }
    const paused = source.monitor.nextEvent(({ data }) => data["status"] === "pre-switchover");
    paused.catch(() => undefined);
    await source.monitor.execute("migrate", { uri });
    if (credentials !== undefined) {
      await paused;
      await concludeMirror(source);
      await source.monitor.execute("migrate-continue", { state: "pre-switchover" });
    }
    const info = await ended(source, options.patience ?? 60_000);
    if (info.status !== "completed") {
      stop();
      await target.remove();
      return undefined;
    }
    await untilRuns(target);
    const total = performance.now() - begin;
    await rest(500);
    const { longest, late } = stop();
    await source.halt();
    this.#left.push(source);
    this.#machine = target;
    this.#disk = empty ?? this.#disk;
    const sent = (info.ram?.transferred ?? 0) / 2 ** 20;
    return { total, silence: longest, calm, late, sent };
  }

  /** Runs a command in it to its end. */
  async inside(...argv: string[]): Promise<void> {
    const { exit } = await this.#machine.agent.runToEnd(argv, { timeout: 300_000 });
    if (!("code" in exit) || exit.code !== 0) throw new TypeError(`by hand: ${argv.join(" ")} failed`);
  }

  async remove(): Promise<void> {
    for (const machine of [this.#machine, ...this.#left]) await machine.remove();
  }
}

/** Runs on in a guest when who began it is gone. */
export const detached = (argv: readonly string[]): readonly string[] => [
  "sh",
  "-c",
  'setsid "$@" </dev/null >/dev/null 2>&1 &',
  "sh",
  ...argv,
];

export async function quiet(...serialLogs: readonly string[]): Promise<number> {
  const stop = listen(...serialLogs);
  await rest(1000);
  return stop().longest;
}

async function portOf({ monitor }: RawMachine): Promise<string> {
  const ask = async () => {
    const found = await monitor.execute<{ "socket-address"?: readonly { port: string }[] }>("query-migrate");
    const [address] = found["socket-address"] ?? [];
    if (!address) throw new TypeError("the QEMU that receives does not say where it listens");
    return address.port;
  };
  return retry(ask, { clock: systemClock, first: 5, longest: 20, timeout: 5000 });
}

async function ended({ monitor }: RawMachine, patience: number): Promise<MigrationInfo> {
  const end = performance.now() + patience;
  for (;;) {
    const info = await monitor.execute<MigrationInfo>("query-migrate");
    if (over.includes(info.status ?? "")) return info;
    if (performance.now() > end) break;
    await rest(5);
  }
  await monitor.execute("migrate_cancel");
  return ended({ monitor } as RawMachine, Infinity);
}

async function untilRuns({ monitor }: RawMachine): Promise<void> {
  const ask = async () => {
    const { running } = await monitor.execute<{ running: boolean }>("query-status");
    if (!running) throw new TypeError("the machine does not go on where it went");
  };
  await retry(ask, { clock: systemClock, first: 1, longest: 2, timeout: 10_000 });
}
