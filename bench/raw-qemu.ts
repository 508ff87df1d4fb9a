/**
 * The peer: the same machine as a guest of Lodge, run by nobody. QEMU gets the very arguments that Lodge
 * gave it; only its sockets, its tap and its disk are its own, the disk being a new layer over the same file.
 */
import { readFileSync, mkdirSync, openSync, closeSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Guest } from "#contract/schema/guest";
import { endProcess, type ProcessRef } from "#base/process";
import { exec } from "#base/exec";
import { AgentClient } from "#hypervisor/agent/client";
import { createTap, deleteTap } from "#hypervisor/net/tap";
import { loadState } from "#hypervisor/qemu/migrate";
import { Monitor } from "#hypervisor/qemu/monitor";
import { launchQemu } from "#hypervisor/qemu/process";
import type { Lodge } from "./lodge.ts";

/** How a guest of Lodge was started, to be started likewise. */
export interface Pattern {
  readonly binary: string;
  readonly args: readonly string[];
  readonly guest: Guest;
  /** What its disk is a layer over. */
  readonly below: { readonly path: string; readonly format: string };
  /** The image at the bottom. */
  readonly image: { readonly path: string; readonly format: string };
}

interface ImageInfo {
  readonly filename: string;
  readonly format: string;
}

const isDisk = (word: string) => word.startsWith("{") && /"node-name":"disk0"/.test(word);

const diskOf = (args: readonly string[]): string => {
  const node = JSON.parse(args.find(isDisk) ?? "{}") as { file?: { filename?: string } };
  if (node.file?.filename === undefined) throw new TypeError("the guest has no disk0");
  return node.file.filename;
};

/** Takes the pattern of a running guest. */
export async function patternOf(guest: Guest): Promise<Pattern> {
  const words = readFileSync(`/proc/${guest.pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  const [binary = "", ...args] = words;
  const chain = ["info", "--force-share", "--backing-chain", "--output=json", diskOf(args)];
  const [, below, ...lower] = JSON.parse((await exec("qemu-img", chain)).stdout) as ImageInfo[];
  const image = lower.at(-1) ?? below;
  if (!below || !image) throw new TypeError("the guest's disk stands on nothing");
  const place = ({ filename: path, format }: ImageInfo) => ({ path, format });
  return { binary, args, guest, below: place(below), image: place(image) };
}

export interface RawOptions {
  /** In place of Lodge's own choice: what an administrator would write. */
  readonly accelerator?: string;
  /** Forks: map this RAM privately and load this state. Files that are opened anew. */
  readonly parked?: { readonly ram: string; readonly state: string };
  /** The file of its own disk, where that is to be elsewhere than the rest of it. */
  readonly disk?: string;
  /** Waits for a machine that another sends, on that one's disk, and goes on with it. */
  readonly receives?: { readonly disk: string };
  /** Is `exec:` allowed to migrations? Lodge forbids it to its guests. */
  readonly spawns?: boolean;
}

/** What another machine of this pattern is started with. Pure. */
export function argsLike(
  { args, guest }: Pattern,
  own: {
    readonly folder: string;
    readonly tap: string;
    readonly disk: string;
    readonly run: string;
    readonly log: string;
  },
  options: RawOptions,
): string[] {
  const disk = diskOf(args);
  const result: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "-sandbox" && options.spawns) i++;
    else if (word === "-accel" && options.accelerator !== undefined) {
      result.push(word, options.accelerator);
      i++;
    } else if (word === "-incoming" && !options.parked && !options.receives) i++;
    else if (word === "-S" && options.receives) continue;
    else if (word.startsWith("memory-backend-file,") && !options.parked) {
      result.push(`memory-backend-ram,id=ram,size=${guest.memory / 1048576}M`);
    } else {
      result.push(
        word
          .replaceAll(disk, own.disk)
          .replaceAll(own.log, join(own.folder, "serial.log"))
          .replaceAll(own.run, own.folder)
          // Lodge's own is inherited.
          .replace(/^(tap,.*),fd=\d+/, `$1,ifname=${own.tap},script=no,downscript=no`),
      );
    }
  }
  return result;
}

/** A new layer over what the pattern's disk stands on, or over its image. */
export async function makeDisk(disk: string, pattern: Pattern, { parked }: RawOptions): Promise<void> {
  const { path, format } = parked ? pattern.below : pattern.image;
  const size = parked ? [] : [String(pattern.guest.disks[0]!.size)];
  await exec("qemu-img", ["create", "-q", "-f", "qcow2", "-b", path, "-F", format, disk, ...size]);
}

let machines = 0;
const running = new Set<RawMachine>();

/** Ends what an interrupted row has left. */
export const removeAll = async (): Promise<void> => {
  await Promise.all([...running].map((machine) => machine.remove()));
};

export class RawMachine {
  readonly monitor: Monitor;
  readonly agent: AgentClient;
  readonly process: ProcessRef;
  /** What its serial console says. */
  readonly serialLog: string;
  readonly folder: string;
  readonly #tap: string;

  private constructor(folder: string, tap: string, process: ProcessRef, monitor: Monitor) {
    this.folder = folder;
    this.#tap = tap;
    this.process = process;
    this.monitor = monitor;
    this.serialLog = join(folder, "serial.log");
    running.add(this);
    this.agent = new AgentClient({ path: join(folder, "agent"), guest: "raw" });
  }

  /** Makes disk and tap: what has to be there before QEMU is started. */
  static async prepare(lodge: Lodge, pattern: Pattern, options: RawOptions): Promise<Prepared> {
    const number = ++machines;
    const folder = join(lodge.paths.home, `raw${number}`);
    const tap = `lbench${process.pid % 10_000}-${number}`.slice(0, 15);
    mkdirSync(folder, { mode: 0o700 });
    const disk = options.receives?.disk ?? options.disk ?? join(folder, "disk.qcow2");
    if (!options.receives) await makeDisk(disk, pattern, options);
    if (pattern.args.some((word) => word.startsWith("tap,"))) await createTap(tap, undefined);
    const run = join(lodge.paths.run, pattern.guest.id);
    const log = join(lodge.paths.guests, pattern.guest.id, "serial.log");
    return {
      folder,
      tap,
      disk,
      binary: pattern.binary,
      args: argsLike(pattern, { folder, tap, disk, run, log }, options),
      options,
    };
  }

  /** Starts QEMU; resolves when the machine stands ready, stopped, the parked state loaded. */
  static async start(prepared: Prepared): Promise<RawMachine> {
    const machine = await RawMachine.launch(prepared);
    if (prepared.options.parked) await loadState(machine.monitor, { descriptor: 4, ramExcluded: true });
    return machine;
  }

  /** Starts QEMU; nothing is loaded yet. */
  static async launch(prepared: Prepared): Promise<RawMachine> {
    const { folder, options, binary, args, tap } = prepared;
    const descriptors = options.parked
      ? [openSync(options.parked.ram, "r+"), openSync(options.parked.state, "r")]
      : [];
    try {
      const launched = await launchQemu({
        binary,
        args,
        log: join(folder, "qemu.log"),
        descriptors,
        cwd: folder,
      });
      const monitor = await Monitor.connect(join(folder, "qmp"), { timeout: 30_000 });
      return new RawMachine(folder, tap, launched.process, monitor);
    } finally {
      for (const descriptor of descriptors) closeSync(descriptor);
    }
  }

  /** Ends QEMU; disk, tap and folder stay, for another to start on them. */
  async halt(): Promise<void> {
    running.delete(this);
    this.agent.close();
    this.monitor.close();
    await endProcess(this.process, 500);
  }

  async remove(): Promise<void> {
    await this.halt();
    await deleteTap(this.#tap).catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Prepared {
  readonly folder: string;
  readonly tap: string;
  readonly disk: string;
  readonly binary: string;
  readonly args: readonly string[];
  readonly options: RawOptions;
}

/** The parked RAM and state that a fork stands on: QEMU has the RAM as its descriptor 3. */
export const parkedFiles = (lodge: Lodge, { pid, origin }: Guest): { ram: string; state: string } => ({
  ram: `/proc/${pid}/fd/3`,
  state: join(lodge.paths.templates, origin.template ?? "", "state"),
});
