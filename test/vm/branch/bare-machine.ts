/** A machine of a test's own, without a daemon: QEMU, its monitor and a shell on its serial port. */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { endProcess, type ProcessRef } from "#base/process";
import { openRam } from "#hypervisor/memory/held-ram";
import { qemuArgs } from "#hypervisor/qemu/argv";
import { loadState } from "#hypervisor/qemu/migrate";
import { Monitor } from "#hypervisor/qemu/monitor";
import type { MachinePlan } from "#hypervisor/qemu/plan";
import { lastWords, launchQemu } from "#hypervisor/qemu/process";
import type { TinyGuest } from "../tiny-guest.ts";

export const memory = 160 * 2 ** 20;

/** A branch as it lies on the host: from what a child starts. */
export interface Parked {
  readonly holder: ProcessRef;
  readonly stateFile: string;
}

function plan(folder: string, name: string, disk: string, guest: TinyGuest): MachinePlan {
  const at = (suffix: string) => join(folder, `${name}.${suffix}`);
  return {
    name,
    uuid: "5f3a3c62-7a51-4d9e-9d0a-1c1f7a0b2c11",
    vmgenid: "5f3a3c62-7a51-4d9e-9d0a-1c1f7a0b2c12",
    machineType: "pc-q35-7.2",
    cpuModel: "max",
    accelerator: "tcg",
    cpus: 1,
    memory,
    ram: { kind: "anonymous" },
    firmware: { kind: "bios" },
    tpm: undefined,
    disks: [
      { id: "disk0", bus: "virtio-blk", file: disk, format: "qcow2", size: 0, serial: "disk0", place: 0 },
    ],
    diskController: false,
    drives: [],
    seed: undefined,
    nicPorts: false,
    nics: [],
    sockets: {
      qmp: at("qmp"),
      agent: at("agent"),
      guestAgent: at("qga"),
      spice: at("spice"),
      serial: at("serial"),
      display: at("display"),
    },
    vnc: true,
    spicePort: true,
    serialLog: at("log"),
    bootFirst: "disk",
    usbInput: false,
    balloon: false,
    kernel: guest,
  };
}

export class BareMachine {
  readonly monitor: Monitor;
  readonly process: ProcessRef;
  readonly #serial: Socket;
  #heard = "";

  private constructor(process: ProcessRef, monitor: Monitor, serial: Socket) {
    this.process = process;
    this.monitor = monitor;
    this.#serial = serial;
    serial.setEncoding("latin1");
    serial.on("data", (text: string) => (this.#heard += text));
  }

  /** Starts QEMU: to boot, for a branch that load() takes, or for a machine from elsewhere. It stands still until `cont`. */
  static async start(
    folder: string,
    name: string,
    disk: string,
    guest: TinyGuest,
    from?: Parked | "elsewhere",
  ): Promise<BareMachine> {
    if (from === "elsewhere") {
      const awaiting = { ...plan(folder, name, disk, guest), incoming: { kind: "deferred" } as const };
      return BareMachine.#run(folder, awaiting, []);
    }
    const base = plan(folder, name, disk, guest);
    if (!from) return BareMachine.#run(folder, base, []);
    const descriptors = [openRam(from.holder), openSync(from.stateFile, "r")];
    const forked = {
      ...base,
      ram: { kind: "private", descriptor: 3 },
      incoming: { kind: "deferred" },
    } as const;
    return BareMachine.#run(folder, forked, descriptors);
  }

  static async #run(folder: string, base: MachinePlan, descriptors: readonly number[]): Promise<BareMachine> {
    const { name } = base;
    const log = join(folder, `${name}.out`);
    const args = qemuArgs(base);
    const launched = await launchQemu({ binary: "qemu-system-x86_64", args, log, descriptors, cwd: folder });
    for (const descriptor of descriptors) closeSync(descriptor);
    try {
      const monitor = await Monitor.connect(base.sockets.qmp);
      const serial = connect(base.sockets.serial);
      await new Promise((resolve, reject) => serial.once("connect", resolve).once("error", reject));
      return new BareMachine(launched.process, monitor, serial);
    } catch (error) {
      await endProcess(launched.process);
      throw new Error(`${name} did not start: ${lastWords(log)}`, { cause: error });
    }
  }

  /** Takes the state that it was started for. */
  load(): Promise<void> {
    return loadState(this.monitor, { descriptor: 4, ramExcluded: false });
  }

  /** Boots until the shell is there. */
  static async boot(folder: string, name: string, disk: string, guest: TinyGuest): Promise<BareMachine> {
    const machine = await BareMachine.start(folder, name, disk, guest);
    await machine.monitor.execute("cont");
    for (let tries = 0; !(await readFile(join(folder, `${name}.log`), "latin1")).includes("is up"); tries++) {
      if (tries > 1200) throw new Error("the tiny guest did not boot within 120 s");
      await delay(100);
    }
    return machine;
  }

  /** What the shell prints when it runs this line. */
  async sh(line: string): Promise<string> {
    this.#heard = "";
    // The quotes keep the echo of the line from looking like what it prints.
    this.#serial.write(`echo "be""gin"; ${line}; echo "en""d of $?"\n`);
    const end = performance.now() + 120_000;
    for (;;) {
      const found = /begin\r\n([\s\S]*?)end of (\d+)\r\n/.exec(this.#heard);
      if (found?.[2] === "0") return found[1]!.replaceAll("\r", "").trim();
      if (found) throw new Error(`'${line}' ended with ${found[2]}: ${found[1]}`);
      if (performance.now() > end) throw new Error(`'${line}' did not end: ${this.#heard}`);
      await delay(2);
    }
  }

  /** Its memory as it is now, read from the process itself. */
  readMemory(): Buffer {
    const { pid } = this.process;
    const maps = readFileSync(`/proc/${pid}/maps`, "latin1").matchAll(/^(\w+)-(\w+) rw/gm);
    const starts = [...maps]
      .map(([, from, to]) => [parseInt(from!, 16), parseInt(to!, 16)] as const)
      .filter(([from, to]) => to - from === memory)
      .map(([from]) => from);
    if (starts.length !== 1) throw new Error(`${starts.length} mappings are as large as the memory`);
    const process = openSync(`/proc/${pid}/mem`, "r");
    try {
      const content = Buffer.alloc(memory);
      for (let at = 0; at < memory;) at += readSync(process, content, at, memory - at, starts[0]! + at);
      return content;
    } finally {
      closeSync(process);
    }
  }

  async status(): Promise<string> {
    return (await this.monitor.execute<{ status: string }>("query-status")).status;
  }

  async end(): Promise<void> {
    this.#serial.destroy();
    this.monitor.close();
    await endProcess(this.process);
  }
}
