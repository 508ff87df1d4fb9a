/**
 * Where a host lives: namespaces of processes, mounts, network and name, held by their first process. It ends when its
 * standard input does, so with the test however that ends; and with it, by the kernel's hand, every process, device and
 * mount in it.
 *
 * What is one machine's alone is a host's own there: /run, /proc, the network's part of /sys, the boot's id. Control groups
 * are the machine's: Lodge names them by its tag.
 */
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exec, type ExecOptions } from "#base/exec";
import { findProcesses } from "#base/find-process";
import { isAlive, processRef, type ProcessRef, signalProcess, waitGone } from "#base/process";

export interface NamespaceOptions {
  /** Its host name. */
  readonly name: string;
  /** A word of its first process's command line, by which it is found again. */
  readonly mark: string;
  /** A filesystem in a file, and where it is mounted. */
  readonly disk?: { readonly file: string; readonly at: string };
}

/** A process, and its arguments. */
export interface Seen {
  readonly ref: ProcessRef;
  readonly argv: readonly string[];
}

// A child of nobody becomes the first process's, which ignores its end: the kernel then keeps no zombie of it.
const enter = `
set -e
name=$2 boot=$3 disk=$4 at=$5
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir /run/groups
mount --rbind /sys/fs/cgroup /run/groups
mount -t sysfs sysfs /sys
mount --move /run/groups /sys/fs/cgroup
rmdir /run/groups
echo "$boot" >/run/boot-id
mount --bind /run/boot-id /proc/sys/kernel/random/boot_id
hostname "$name"
ip link set dev lo up
if [ -n "$disk" ]; then mount -o loop "$disk" "$at"; fi
trap '' CHLD
echo ready
exec cat >/dev/null
`;

const entering = ["--mount", "--net", "--uts", "--ipc", "--pid"];

export class Namespace {
  readonly #holder: ChildProcess;
  /** The first process. */
  readonly #first: ProcessRef;
  readonly #processes: string;

  private constructor(holder: ChildProcess, first: ProcessRef) {
    this.#holder = holder;
    this.#first = first;
    this.#processes = readlinkSync(`/proc/${first.pid}/ns/pid`);
  }

  static async open({ name, mark, disk }: NamespaceOptions): Promise<Namespace> {
    const words = [mark, name, randomUUID(), disk?.file ?? "", disk?.at ?? ""];
    const holder = spawn(
      "unshare",
      [...entering, "--fork", "--kill-child", "sh", "-c", enter, mark, ...words],
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    let complaint = "";
    holder.stderr.on("data", (bytes: Buffer) => (complaint += bytes.toString()));
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once("data", () => resolve());
      holder.once("error", reject);
      holder.once("exit", () => reject(new Error(`the host ${name} did not begin: ${complaint}`)));
    });
    const children = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "latin1");
    return new Namespace(holder, processRef(Number(children.trim()))!);
  }

  /** Of the first process, as everybody else sees it. */
  get pid(): number {
    return this.#first.pid;
  }

  get isOpen(): boolean {
    return isAlive(this.#first);
  }

  /** Where a path of the host's is from outside, for as long as it lives. */
  outside(path: string): string {
    return join(`/proc/${this.pid}/root`, path);
  }

  #enter(command: readonly string[]): string[] {
    return ["--target", String(this.pid), ...entering, ...command];
  }

  /** Runs a command in the host; its standard output. */
  async run(command: readonly string[], options: ExecOptions = {}): Promise<string> {
    return (await exec("nsenter", this.#enter(command), { timeout: 60_000, ...options })).stdout;
  }

  /** Starts a program in the host: what it is given is nsenter, which ends as the program does. */
  spawn(command: readonly string[], options: SpawnOptions): ChildProcess {
    return spawn("nsenter", this.#enter(command), options);
  }

  /** Starts a program that is nobody's child but the first process's; resolves once it is begun. */
  async detach(command: readonly string[], options: SpawnOptions): Promise<void> {
    const begun = this.spawn(["setsid", "--fork", ...command], options);
    await new Promise((resolve, reject) => begun.once("exit", resolve).once("error", reject));
  }

  /** What runs in it, in cells too, but its first process. */
  processes(): Seen[] {
    const seen = new Map<number, Seen & { readonly parent: number; readonly own: boolean }>();
    for (const entry of readdirSync("/proc")) {
      const pid = Number(entry);
      const found = Number.isInteger(pid) ? look(pid) : undefined;
      if (found) seen.set(pid, { ...found, own: found.processes === this.#processes });
    }
    // A cell has a namespace of processes of its own, whose members are children of this one's.
    const within = (pid: number): boolean => {
      for (let at = seen.get(pid); at; at = seen.get(at.parent)) if (at.own) return true;
      return false;
    };
    return [...seen.values()].filter(({ ref }) => ref.pid !== this.pid && within(ref.pid));
  }

  /** Stops every process of the host, those too that are begun meanwhile, or lets all go on. */
  async signalAll(signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
    const still = signal === "SIGSTOP";
    for (;;) {
      const others = this.processes().filter(({ ref }) => isStopped(ref) !== still);
      if (others.length === 0) return;
      for (const { ref } of others) signalProcess(ref, signal);
      if (!still) await this.#wake();
      await delay(5);
    }
  }

  /** Ends everything in it at once, as a loss of power would. */
  async kill(): Promise<void> {
    const all = this.processes();
    signalProcess(this.#first, "SIGKILL");
    await this.#wake();
    for (const { ref } of [{ ref: this.#first }, ...all])
      if (!(await waitGone(ref, 20_000))) throw new Error(`process ${ref.pid} of a killed host still lives`);
    this.#holder.stdin?.destroy();
  }

  /** nsenter stops when its child is stopped: it would never take note of its child's end, for which the kernel waits. */
  async #wake(): Promise<void> {
    const target = String(this.pid);
    for (const ref of await findProcesses((argv) => argv[0] === "nsenter" && argv[2] === target))
      signalProcess(ref, "SIGCONT");
  }
}

function look(pid: number): (Seen & { readonly parent: number; readonly processes: string }) | undefined {
  try {
    const processes = readlinkSync(`/proc/${pid}/ns/pid`);
    const ref = processRef(pid);
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0$/, "").split("\0");
    const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
    return ref && { ref, argv, parent, processes };
  } catch {
    return undefined;
  }
}

const isStopped = ({ pid }: ProcessRef): boolean => {
  try {
    return /^State:\s+[Tt]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return false;
  }
};
