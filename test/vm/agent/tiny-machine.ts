/** A tiny guest with an agent in a QEMU of its own, without any other part of Lodge. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import { tinyGuest } from "../tiny-guest.ts";

export class TinyMachine {
  readonly folder: string;
  /** The socket of the agent's port. */
  readonly agent: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, process: ChildProcess) {
    this.folder = folder;
    this.agent = join(folder, "agent");
    this.#process = process;
  }

  /** Boots it, with an empty disk of 64 MiB and a network card; the agent answers some seconds later. */
  static async boot(agent: "lodge" | "qemu" = "lodge"): Promise<TinyMachine> {
    const { kernel, initrd, append } = await tinyGuest(agent);
    const port = agent === "lodge" ? "org.lodge.agent.0" : "org.qemu.guest_agent.0";
    const folder = await mkdtemp(join(tmpdir(), "lodge-tiny-"));
    const disk = join(folder, "disk");
    await writeFile(disk, "");
    await truncate(disk, 64 * 1024 * 1024);
    const args = [
      ["-accel", "tcg,thread=multi", "-machine", "q35", "-m", "256", "-smp", "1"],
      ["-nodefaults", "-display", "none", "-serial", `file:${join(folder, "serial")}`],
      ["-kernel", kernel, "-initrd", initrd, "-append", append],
      ["-device", "virtio-rng-pci", "-device", "virtio-serial-pci"],
      ["-chardev", `socket,id=agent,path=${join(folder, "agent")},server=on,wait=off`],
      ["-device", `virtserialport,chardev=agent,name=${port}`],
      ["-drive", `file=${disk},if=virtio,format=raw`],
      ["-netdev", "user,id=net,restrict=on", "-device", "virtio-net-pci,netdev=net,mac=52:54:00:aa:00:01"],
    ];
    const qemu = spawn("qemu-system-x86_64", args.flat(), { stdio: ["ignore", "ignore", "inherit"] });
    const machine = new TinyMachine(folder, qemu);
    const listens = () => access(machine.agent);
    await retry(listens, { clock: systemClock, first: 10, longest: 50, timeout: 30_000 });
    return machine;
  }

  async end(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exit = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await exit;
    }
    await rm(this.folder, { recursive: true });
  }
}
