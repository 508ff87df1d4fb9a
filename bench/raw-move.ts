/**
 * The peer of moves: a machine of Lodge's pattern that goes from one QEMU to another over loopback TCP, on one disk that both
 * have or with its disk, as anybody would do it by hand. The QEMU that receives is there before the clock starts.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import type { MigrationInfo } from "#hypervisor/qemu/migrate";
import { beat, listen } from "./heartbeat.ts";
import type { Lodge } from "./lodge.ts";
import { concludeMirror, equip, mirrorDisk, offerDisk } from "./raw-mirror.ts";
import { makeDisk, parkedFiles, RawMachine, type Pattern } from "./raw-qemu.ts";
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

export interface TravellerOptions {
  /** What runs in it, besides the heartbeat. */
  readonly also?: readonly string[] | undefined;
  /** Where it has its disk, first and after each hop with it; without them, in the Lodge's home. */
  readonly folders?: readonly [string, string] | undefined;
}

export class RawTraveller {
  #machine: RawMachine;
  readonly #lodge: Lodge;
  readonly #pattern: Pattern;
  readonly #left: RawMachine[] = [];
  readonly #folders: readonly [string, string];
  #disk: string;
  #hops = 0;

  private constructor(
    lodge: Lodge,
    pattern: Pattern,
    from: {
      readonly machine: RawMachine;
      readonly disk: string;
      readonly folders: readonly [string, string];
    },
  ) {
    this.#lodge = lodge;
    this.#pattern = pattern;
    this.#machine = from.machine;
    this.#disk = from.disk;
    this.#folders = from.folders;
  }

  /** Forked of what that guest was, and running, with a heartbeat. */
  static async start(
    lodge: Lodge,
    pattern: Pattern,
    { also, folders = [lodge.paths.home, lodge.paths.home] }: TravellerOptions = {},
  ): Promise<RawTraveller> {
    const parked = parkedFiles(lodge, pattern.guest);
    const disk = join(folders[0], "raw-0.qcow2");
    const machine = await RawMachine.start(await RawMachine.prepare(lodge, pattern, { parked, disk }));
    const { monitor, agent } = machine;
    await monitor.execute("cont");
    for (const argv of [beat, ...(also ? [also] : [])]) {
      const { exit } = await agent.runToEnd([...detached(argv)]);
      if (!("code" in exit) || exit.code !== 0)
        throw new TypeError("the machine by hand does not run what it is to run");
    }
    return new RawTraveller(lodge, pattern, { machine, disk, folders });
  }

  /** @returns undefined: it did not come through in time, and is where it was */
  async hop(options: HopOptions = {}): Promise<Hop | undefined> {
    const source = this.#machine;
    const { target, disk, uri } = await this.#receiver(options);
    const calm = await quiet(source.serialLog);
    const stop = listen(source.serialLog, target.serialLog);
    const begin = performance.now();
    const info = await sent(source, target, uri, options);
    if (info.status !== "completed") {
      stop();
      await target.remove();
      return undefined;
    }
    await untilRuns(target);
    const total = performance.now() - begin;
    // The next one is offered at the same port.
    if (options.credentials !== undefined) await target.monitor.execute("nbd-server-stop");
    await rest(500);
    const { longest, late } = stop();
    await source.halt();
    this.#left.push(source);
    this.#machine = target;
    if (disk !== this.#disk) rmSync(this.#disk);
    this.#disk = disk;
    return { total, silence: longest, calm, late, sent: (info.ram?.transferred ?? 0) / 2 ** 20 };
  }

  /** A QEMU that waits for it, on its disk or on an empty one that is to be filled. */
  async #receiver({ bandwidth, converges = false, credentials }: HopOptions) {
    const source = this.#machine;
    let disk = this.#disk;
    if (credentials !== undefined) {
      this.#hops++;
      disk = join(this.#folders[this.#hops % 2]!, `raw-${this.#hops}.qcow2`);
      await makeDisk(disk, this.#pattern, { parked: parkedFiles(this.#lodge, this.#pattern.guest) });
    }
    const target = await RawMachine.launch(
      await RawMachine.prepare(this.#lodge, this.#pattern, { receives: { disk } }),
    );
    const max = { "max-bandwidth": bandwidth ?? 2 ** 33 };
    for (const { monitor } of [source, target]) await monitor.execute("migrate-set-parameters", max);
    const capabilities = [
      { capability: "events", state: true },
      { capability: "x-ignore-shared", state: false },
      { capability: "auto-converge", state: converges },
      { capability: "pause-before-switchover", state: credentials !== undefined },
    ];
    await source.monitor.execute("migrate-set-capabilities", { capabilities });
    if (credentials !== undefined) {
      await equip(source, "client", credentials);
      await equip(target, "server", credentials);
    }
    await target.monitor.execute("migrate-incoming", { uri: "tcp:127.0.0.1:0" });
    return { target, disk, uri: `tcp:127.0.0.1:${await portOf(target)}` };
  }

  /** Runs a command in it to its end. */
  async inside(...argv: string[]): Promise<void> {
    const { exit } = await this.#machine.agent.runToEnd(argv, { timeout: 300_000 });
    if (!("code" in exit) || exit.code !== 0) throw new TypeError(`by hand: ${argv.join(" ")} failed`);
  }

  async remove(): Promise<void> {
    for (const machine of [this.#machine, ...this.#left]) await machine.remove();
    rmSync(this.#disk, { force: true });
  }
}

/** Sends it, with its disk where there are credentials for that; resolves to how that ended. */
async function sent(
  source: RawMachine,
  target: RawMachine,
  uri: string,
  { credentials, patience = 60_000 }: HopOptions,
): Promise<MigrationInfo> {
  if (credentials === undefined) {
    await source.monitor.execute("migrate", { uri });
    return ended(source, patience);
  }
  await offerDisk(target, diskPort);
  await mirrorDisk(source, diskPort);
  const ends = ["pre-switchover", ...over];
  const paused = source.monitor.nextEvent(({ data }) => ends.includes(String(data["status"])));
  await source.monitor.execute("migrate", { uri });
  if ((await paused).data["status"] !== "pre-switchover") return ended(source, patience);
  await concludeMirror(source);
  await source.monitor.execute("migrate-continue", { state: "pre-switchover" });
  return ended(source, patience);
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
