/** One of several hosts on this machine: its disk, its place in the network, a real daemon, and what may befall it. */
import type { SpawnOptions } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exec, type ExecOptions } from "#base/exec";
import { homePaths } from "#base/home";
import { type ProcessRef, signalProcess, waitGone } from "#base/process";
import { type Client, createClient } from "#client/client";
import { openGroups } from "#hypervisor/cpu/open-groups";
import { daemonFlags } from "../../vm/daemon.ts";
import type { HostFurniture } from "./furnish.ts";
import { Namespace, type Seen } from "./namespace.ts";
import type { Switch } from "./switch.ts";

const checkout = join(import.meta.dirname, "../../..");
const nodeFlags = ["--disable-warning=ExperimentalWarning", "--experimental-ffi"];
/** Milliseconds that a daemon may take to answer: several begin at once on a few processors. */
const patience = 90_000;

export interface HostPlan {
  readonly name: string;
  readonly address: string;
  /** What all of it lies in. */
  readonly folder: string;
  readonly cables: Switch;
  /** Bytes of its disk. */
  readonly disk: number;
  readonly mark: string;
  readonly furniture: HostFurniture;
}

/** What a command printed, and how it ended. */
export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Host {
  readonly name: string;
  readonly address: string;
  readonly home: string;
  readonly #plan: HostPlan;
  /** The folder of the Lodge that it runs. */
  #lodge = checkout;
  #namespace: Namespace | undefined;
  #client: Client | undefined;
  /** How often it was switched on. */
  boots = 0;

  constructor(plan: HostPlan) {
    this.#plan = plan;
    this.name = plan.name;
    this.address = plan.address;
    this.home = join(plan.folder, plan.name);
  }

  /** Switches it on: a namespace over its disk, and its cable. No daemon runs yet. */
  async boot(): Promise<void> {
    const { folder, name, mark, cables, disk, furniture } = this.#plan;
    const file = join(folder, `${name}.ext4`);
    if (!existsSync(file)) {
      await exec("truncate", ["--size", String(disk), file]);
      await exec("mke2fs", ["-q", "-t", "ext4", "-m", "0", "-E", "lazy_itable_init=1", file]);
      await mkdir(this.home);
      await writeFile(this.#clockFile, "0");
    }
    const namespace = await Namespace.open({ name, mark, disk: { file, at: this.home } });
    this.#namespace = namespace;
    this.boots++;
    await cables.plug(namespace, name, this.address);
    await this.program("test/cluster/hosts/furnish.ts", [this.home, JSON.stringify(furniture)]);
  }

  get #clockFile(): string {
    return join(this.#plan.folder, `${this.name}.clock`);
  }

  get namespace(): Namespace {
    if (!this.#namespace?.isOpen) throw new Error(`the host ${this.name} is off`);
    return this.#namespace;
  }

  get isOn(): boolean {
    return this.#namespace?.isOpen ?? false;
  }

  get socket(): string {
    return this.namespace.outside(homePaths(this.home).socket);
  }

  /** Its daemon's API, by its socket. */
  get client(): Client {
    const socketPath = this.socket;
    return (this.#client ??= createClient({ socketPath }));
  }

  get #environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      LODGE_HOME: this.home,
      LODGE_TEST_CLOCK: this.#clockFile,
      NODE_OPTIONS: `--import=${join(checkout, "test/cluster/hosts/clock.ts")}`,
    };
  }

  /** From the next start on its daemon is the Lodge in this folder: versions.ts makes some. */
  install(lodge: string): void {
    this.#lodge = lodge;
  }

  get #lodged(): string {
    return join(this.#lodge, "bin/lodged.ts");
  }

  /** Starts the daemon; resolves once it answers. Flags: as lodged's, such as --listen. */
  async startDaemon(flags: readonly string[] = []): Promise<void> {
    await this.beginDaemon(flags);
    await this.answers();
  }

  /** Starts the daemon and waits for nothing. */
  async beginDaemon(flags: readonly string[] = []): Promise<void> {
    const log = openSync(this.namespace.outside(join(this.home, "lodged.log")), "a");
    const command = [process.execPath, ...daemonFlags, this.#lodged, "--home", this.home];
    const options: SpawnOptions = { env: this.#environment, stdio: ["ignore", log, log] };
    await this.namespace.detach([...command, ...flags], options).finally(() => closeSync(log));
  }

  /** Waits until the daemon answers. Fails as soon as it has ended. */
  async answers(): Promise<void> {
    const end = performance.now() + patience;
    for (;;) {
      const host = await this.client.call("hostGet").catch(() => undefined);
      if (host) {
        await writeFile(join(this.#plan.folder, `${this.name}.tag`), host.tag ?? "");
        return;
      }
      const over = this.daemon === undefined || performance.now() > end;
      if (over) throw new Error(`the daemon of ${this.name} does not answer:\n${await this.log()}`);
      await delay(50);
    }
  }

  /** The daemon's process, if it runs. */
  get daemon(): ProcessRef | undefined {
    return this.processes((argv) => argv.includes(this.#lodged))[0]?.ref;
  }

  /** Ends the daemon and waits for its end; its guests live on. */
  async endDaemon(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const { daemon } = this;
    if (!daemon) return;
    signalProcess(daemon, signal);
    if (!(await waitGone(daemon, 30_000))) throw new Error(`the daemon of ${this.name} does not end`);
  }

  /** What the daemon has logged. */
  log(): Promise<string> {
    return readFile(this.namespace.outside(join(this.home, "lodged.log")), "utf8").catch(() => "");
  }

  /** Runs a command in the host; its standard output. */
  run(command: readonly string[], options?: ExecOptions): Promise<string> {
    return this.namespace.run(command, options);
  }

  /** Runs a file of the checkout in the host. */
  program(file: string, args: readonly string[], options: ExecOptions = {}): Promise<string> {
    const env = Object.fromEntries(
      Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    return this.run([process.execPath, ...nodeFlags, join(checkout, file), ...args], { env, ...options });
  }

  /** Runs `lodge WORDS` in the host as its user types it. */
  async lodge(words: readonly string[], input = ""): Promise<Printed> {
    const child = this.namespace.spawn([join(this.#lodge, "bin/lodge"), ...words], {
      env: this.#environment,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout!.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr!.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
    child.stdin!.on("error", () => undefined).end(input);
    const code = await new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? 1)));
    return { code, stdout, stderr };
  }

  /** Processes that run in the host. */
  processes(recognise: (argv: readonly string[]) => boolean = () => true): Seen[] {
    return this.isOn ? this.namespace.processes().filter(({ argv }) => recognise(argv)) : [];
  }

  /** Every process stands still, and goes on: as a host whose hypervisor stopped it for a while. */
  pause(): Promise<void> {
    return this.namespace.signalAll("SIGSTOP");
  }

  unpause(): Promise<void> {
    return this.namespace.signalAll("SIGCONT");
  }

  /** Everything in it ends at once, as by a loss of power; its disk is left as the kernel has it. */
  async crash(): Promise<void> {
    if (!this.isOn) return;
    await this.namespace.kill();
    await this.#plan.cables.unplug(this.name);
    this.#namespace = undefined;
    this.#client = undefined;
    await this.#removeGroups();
  }

  /** Moves what its Node programs take for the time from now on; 0 is right again. */
  async shiftClock(milliseconds: number): Promise<void> {
    await writeFile(this.#clockFile, String(milliseconds));
  }

  /** Leaves no byte free on its disk. */
  async fill(): Promise<void> {
    const filler = join(this.home, "filler");
    const [blocks, size] = (await this.run(["stat", "-f", "-c", "%a %S", this.home])).split(" ").map(Number);
    const failed = () => undefined;
    await this.run(["fallocate", "-l", String(blocks! * size!), filler]).catch(failed);
    // What is left ends when there is no more.
    await this.run(["dd", "if=/dev/zero", `of=${filler}.rest`, "bs=4096"]).catch(failed);
  }

  async unfill(): Promise<void> {
    const filler = join(this.home, "filler");
    await this.run(["rm", "-f", filler, `${filler}.rest`]);
  }

  /** A reboot takes the control groups of guests that were killed with it. */
  async #removeGroups(): Promise<void> {
    const tag = await readFile(join(this.#plan.folder, `${this.name}.tag`), "utf8").catch(() => "");
    if (tag !== "") removeGroups(tag);
  }
}

export function removeGroups(tag: string): void {
  const groups = openGroups(tag);
  for (const guest of groups.list()) groups.remove(guest);
}
