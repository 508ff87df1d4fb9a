/**
 * The real daemon on a home of its own, whose QEMU is the stand-in: everything is as it is in use, but no
 * machine runs. It touches nothing of the host's network: it is started without the right to.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasCode } from "#contract/errors";
import { systemClock } from "#base/clock";
import { exec } from "#base/exec";
import { homePaths, type HomePaths } from "#base/home";
import { retry } from "#base/retry";
import { createClient, type Client } from "#client/client";
import { loadSealKey } from "#durable/store/seal";
import { openSqliteStore } from "#durable/store/sqlite";
import { maxOperations, type Put } from "#durable/store/store";
import { withSecrets } from "./guest-records.ts";
import { fakeProcesses, installFakeQemu } from "./install-fake-qemu.ts";

const checkout = join(import.meta.dirname, "../..");

export interface FakedDaemonOptions {
  /** Also listens on a loopback address; see `url`. */
  readonly listen?: boolean;
  /** What is in its store before it starts. */
  readonly records?: Iterable<Put>;
}

export class FakedDaemon {
  readonly folder: string;
  readonly paths: HomePaths;
  readonly client: Client;
  readonly #listen: boolean;
  #process: ChildProcess | undefined;

  private constructor(folder: string, listen: boolean) {
    this.folder = folder;
    this.#listen = listen;
    this.paths = homePaths(join(folder, "home"));
    this.client = createClient({ socketPath: this.paths.socket });
  }

  static async start({ listen = false, records }: FakedDaemonOptions = {}): Promise<FakedDaemon> {
    const folder = await mkdtemp(join(tmpdir(), "lodge-faked-"));
    await mkdir(join(folder, "home/cache"), { recursive: true });
    await mkdir(join(folder, "home/logs"));
    await mkdir(join(folder, "bin"));
    const daemon = new FakedDaemon(folder, listen);
    await daemon.#pretend();
    if (records) await daemon.fill(records);
    await daemon.restart();
    return daemon;
  }

  get #log(): string {
    return join(this.paths.logs, "lodged.log");
  }

  get process(): ChildProcess {
    return this.#process!;
  }

  get pid(): number {
    return this.#process!.pid!;
  }

  /** What the real one would say of itself, as the daemon would have noted it. */
  async #pretend(): Promise<void> {
    const binary = join(this.folder, "bin/qemu-system-x86_64");
    await installFakeQemu(binary);
    const { mtimeMs, size } = await stat(binary);
    const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    const identity = `${binary} ${mtimeMs} ${size} 1`;
    const features = {
      identity,
      binary,
      version: "7.2.0",
      machine: "pc-q35-7.2",
      machines: ["pc-q35-7.2"],
      devices: ["vmgenid", "virtio-scsi-pci", "ich9-intel-hda", "hda-output", "virtio-mem-pci", "virtio-vga"],
      commands: ["query-status", "block-stream"],
      migration: ["x-ignore-shared", "background-snapshot"],
      netdevs: ["user", "tap", "stream"],
      fileBackend: ["rom"],
      memfdBackend: ["seal"],
      tcg: ["tb-size"],
    };
    const accelerator = {
      accelerator: "tcg",
      finding: "failed",
      reason: "no machine runs here",
      provedAt: "2026-01-02T03:04:05.000Z",
      bootId,
      qemu: identity,
    };
    const cache = join(this.folder, "home/cache");
    await writeFile(join(cache, "qemu.json"), JSON.stringify(features));
    await writeFile(join(cache, "accelerator.json"), JSON.stringify(accelerator));
  }

  /** Writes records while no daemon runs. */
  async fill(records: Iterable<Put>): Promise<void> {
    const key = await loadSealKey(join(this.paths.home, "secret.key"));
    const store = await openSqliteStore(this.paths.store);
    const write = (put: readonly Put[]) => store.transact({ put });
    let put: Put[] = [];
    for (const record of records) {
      if (put.push(withSecrets(record, key)) < maxOperations) continue;
      await write(put);
      put = [];
    }
    if (put.length > 0) await write(put);
    await store.close();
  }

  async restart(): Promise<void> {
    await this.stop();
    const { PATH = "" } = process.env;
    const env = { ...process.env, PATH: `${join(this.folder, "bin")}:${PATH}`, LODGE_HOME: this.paths.home };
    // Started anew, it is where it was: who has a page open comes back to it.
    const address = await this.url().then(
      (url) => url.slice("http://".length),
      () => "127.0.0.1:0",
    );
    const words = [
      join(checkout, "bin/lodged"),
      "--without-cells",
      ...(this.#listen ? ["--listen", address] : []),
    ];
    const bounded = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-net_admin"] : [];
    const [program = "", ...args] = [...bounded, ...words];
    const log = openSync(this.#log, "a");
    this.#process = spawn(program, args, { env, cwd: "/", stdio: ["ignore", "ignore", log] });
    closeSync(log);
    const ended = once(this.#process, "exit").then(async () => {
      throw new TypeError(`the daemon ended: ${await readFile(this.#log, "utf8")}`);
    });
    const answers = retry(() => this.client.call("hostGet"), {
      clock: systemClock,
      first: 10,
      longest: 50,
      timeout: 30_000,
    });
    ended.catch(() => undefined);
    await Promise.race([answers, ended]);
  }

  /** Where it listens on TCP: it says so in its log. */
  async url(): Promise<string> {
    const log = await readFile(this.#log, "utf8");
    const line = log.split("\n").findLast((text) => text.includes('"listening"'));
    if (line === undefined) throw new TypeError("it does not listen");
    return `http://${(JSON.parse(line) as { address: string }).address}`;
  }

  async token(): Promise<string> {
    return (await readFile(this.paths.token, "utf8")).trim();
  }

  /** An image that guests can be made from; `agent`: the stand-in's agent answers in them. */
  async image(name: string, agent: "lodge" | "none" = "lodge", desktop = false): Promise<void> {
    const path = join(this.folder, `${name}.qcow2`);
    await exec("qemu-img", ["create", "-q", "-f", "qcow2", path, "1M"]);
    await this.client.waitFor(
      await this.client.call("imageImport", { body: { path, name, agent, desktop } }),
    );
  }

  /** Resolves when its process is gone, whatever ends it. */
  async ended(): Promise<void> {
    await once(this.#process!, "exit");
  }

  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, "exit");
    running.kill("SIGTERM");
    await gone;
  }

  /** Ends everything that belongs to it: guests, templates and what holds their memory too. */
  async close(): Promise<void> {
    const running = this.#process;
    if (running && running.exitCode === null && running.signalCode === null) {
      const gone = once(running, "exit");
      // A terminal's Ctrl-C is the daemon's as well, which may be ending by itself.
      const shutdown = { guests: true, uninstall: true, timeout: 5 };
      await this.client.call("hostShutdown", { body: shutdown }).catch((error: unknown) => {
        if (!hasCode(error, "api.daemon_lost", "api.daemon_unreachable", "api.stopping")) throw error;
      });
      await gone;
    }
    for (const pid of fakeProcesses(this.folder)) process.kill(pid, "SIGKILL");
    await rm(this.paths.run, { recursive: true, force: true });
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
