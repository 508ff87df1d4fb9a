/**
 * A Lodge of the test's own: the real daemon as a process, on a home of its own, with the tiny guest as its image "tiny", and a
 * parked template of it. Its end checks that nothing of it is left on the host: no process, device, table or socket.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { hash } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import { homePaths, type HomePaths } from "#base/home";
import { findProcesses } from "#base/find-process";
import { endProcess, isAlive, processRef } from "#base/process";
import { type Client, createClient } from "#client/client";
import { hasCode } from "#contract/errors";
import { hasEnded, type Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import { deviceLayout } from "#domain/guest/machine";
import { noteBoot } from "#domain/host/boot";
import { ensureTag } from "#domain/host/this-host";
import { openSqliteStore } from "#durable/store/sqlite";
import type { Store } from "#durable/store/store";
import { openGroups } from "#hypervisor/cpu/open-groups";
import { furnish, testQemu } from "./furnish.ts";
import { exists, takeLock } from "./lock.ts";
import { keepTemplate } from "./parked.ts";
import { tinyGuest } from "./tiny-guest.ts";

type Guest = Schemas["Guest"];
export const MiB = 1048576;
/**
 * For Node, as it runs the daemon. The last one the daemon sets itself as it begins; said here, it gives the daemon a part of Node's cache
 * of compiled files for itself. Else tests and daemons, of other flags, would each throw away what the other has compiled of the same files.
 */
export const daemonFlags = [
  "--experimental-ffi",
  "--disable-warning=ExperimentalWarning",
  "--external-memory-accounted-in-global-limit",
];
/** What the tiny guest needs; every guest of a test has it, so that one template does for all. */
export const tinyMemory = 160 * MiB;

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestLodgeOptions {
  /** Where it listens besides its socket, such as 127.0.0.1:0; the port that it gets then stays its own. */
  readonly listen?: string;
  /** False: no template is parked yet, and the first guest of each shape boots. */
  readonly parked?: boolean;
  /** What is done to its store before the daemon starts. */
  readonly prepare?: (store: Store, paths: HomePaths) => Promise<void>;
}

export class TestLodge {
  readonly home: string;
  readonly paths: HomePaths;
  readonly client: Client;
  #listen: string | undefined;
  #daemon: ChildProcess | undefined;
  #tag = "";

  /** What this Lodge's devices and tables are named by. */
  get tag(): string {
    return this.#tag;
  }

  get pid(): number {
    return this.#daemon!.pid!;
  }

  private constructor(home: string, { listen }: TestLodgeOptions = {}) {
    this.home = home;
    this.#listen = listen;
    this.paths = homePaths(home);
    // Of guests that are somebody's desktops, too.
    this.client = createClient({ socketPath: this.paths.socket }, { reason: "a test looks into it" });
  }

  /** A home with the tiny image in it; the daemon runs. */
  static async start(home?: string, options: TestLodgeOptions = {}): Promise<TestLodge> {
    if (home !== undefined) await mkdir(home, { recursive: true });
    await TestLodge.#sweepLeft();
    const { pid, startTime } = processRef(process.pid)!;
    const lodge = new TestLodge(home ?? (await mkdtemp(`/tmp/lodge-vm-of-${pid}-${startTime}-`)), options);
    const { parked = true, prepare } = options;
    await furnish(lodge.home, { template: parked ? await parkedTiny() : undefined, prepare });
    await lodge.start();
    return lodge;
  }

  /** Takes away what tests that were killed have left: their process stands in the name of the home, and is gone. */
  static async #sweepLeft(): Promise<void> {
    const release = await takeLock("/tmp/lodge-vm-sweep.lock");
    try {
      for (const name of readdirSync("/tmp")) {
        const [, pid, startTime = ""] = /^lodge-vm-of-(\d+)-(\d+)-/.exec(name) ?? [];
        if (pid === undefined || isAlive({ pid: Number(pid), startTime })) continue;
        const left = new TestLodge(join("/tmp", name));
        for (const daemon of await findProcesses((argv) => argv.includes(left.home)))
          await endProcess(daemon);
        left.#tag = await left.withStore(ensureTag);
        await left.sweepHost();
        for (const folder of [left.paths.run, left.home]) await rm(folder, { recursive: true, force: true });
      }
    } finally {
      await release();
    }
  }

  /** Starts the daemon, or another checkout's; resolves once it answers. */
  async start(program = join(import.meta.dirname, "../../bin/lodged.ts")): Promise<void> {
    await mkdir(this.paths.logs, { recursive: true });
    const before = (await this.log()).length;
    const log = openSync(join(this.paths.logs, "lodged.log"), "a");
    const listen = this.#listen === undefined ? [] : ["--listen", this.#listen];
    const child = spawn(process.execPath, [...daemonFlags, program, "--home", this.home, ...listen], {
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#daemon = child;
    const end = performance.now() + 30_000;
    for (;;) {
      const host = await this.client.call("hostGet").catch(() => undefined);
      if (host && (await this.#listens(before))) {
        this.#tag = host.tag ?? "";
        return;
      }
      if (child.exitCode !== null || performance.now() > end)
        throw new Error(`the daemon did not start:\n${await this.log()}`);
      await delay(20);
    }
  }

  /** Its socket answers first. `before`: how long the log was when this daemon began. */
  async #listens(before: number): Promise<boolean> {
    if (this.#listen === undefined) return true;
    const lines = (await this.log()).slice(before).split("\n");
    const line = lines.find((text) => text.includes('"listening"'));
    if (line !== undefined) this.#listen = (JSON.parse(line) as { readonly address: string }).address;
    return line !== undefined;
  }

  /** Where browsers find it. */
  get url(): string {
    return `http://${this.#listen}`;
  }

  /** What the daemon has logged. */
  log(): Promise<string> {
    return readFile(join(this.paths.logs, "lodged.log"), "utf8").catch(() => "");
  }

  /** Ends the daemon by the signal and waits for its end; guests live on. */
  async end(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const child = this.#daemon;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  async restart(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    await this.end(signal);
    await this.start();
  }

  /** Has the daemon end by itself, and waits for its end. */
  async shutDown(body: Schemas["ShutdownBody"]): Promise<void> {
    const gone = new Promise((resolve) => this.#daemon!.once("exit", resolve));
    await this.client.call("hostShutdown", { body });
    await gone;
  }

  /** What a reboot of the host does to a Lodge whose daemon has ended: no process, no device, another boot. */
  async rebootHost(): Promise<void> {
    await this.sweepHost();
    await this.withStore((store) => noteBoot(store, "an earlier one"));
  }

  /** Ends this Lodge's processes and takes its devices and tables away, as nobody of its own would. */
  async sweepHost(): Promise<void> {
    for (const { pid } of processesOf(this.paths)) {
      const ref = processRef(pid);
      if (ref) await endProcess(ref, 0);
    }
    const groups = openGroups(this.#tag);
    for (const guest of groups.list()) groups.remove(guest);
    for (const name of await networkOf(this.#tag)) {
      if (name.startsWith("table")) await exec("nft", ["delete", ...name.split(" ")]);
      else await exec("ip", ["link", "delete", name]);
    }
  }

  /** What has happened, oldest first: "guest.back web". */
  async events(): Promise<string[]> {
    const lines = await readFile(join(this.paths.logs, "events.jsonl"), "utf8");
    const events = lines
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Schemas["Event"]);
    return events.map(({ kind, guestName }) => (guestName === undefined ? kind : `${kind} ${guestName}`));
  }

  /** Calls a route that begins an operation, and waits for the operation. */
  async done(begun: Promise<Operation>): Promise<Operation> {
    return this.client.waitFor(await begun);
  }

  /** Makes a guest of the tiny image; by fork, where it is of the usual shape and not to be cold. */
  async run(body: Partial<Schemas["GuestCreate"]> = {}): Promise<Guest> {
    const create = this.client.call("guestCreate", { body: { image: "tiny", memory: tinyMemory, ...body } });
    const { result } = await this.done(create);
    return (result as { guest: Guest }).guest;
  }

  /** Parks a template of the tiny image anew. */
  async park(): Promise<void> {
    await this.done(this.client.call("templateBuild", { body: { image: "tiny", memory: tinyMemory } }));
  }

  guest(ref: string): Promise<Guest> {
    return this.client.call("guestGet", { params: { guest: ref } });
  }

  async remove(ref: string): Promise<void> {
    await this.done(
      this.client.call("guestDelete", { params: { guest: ref }, query: { force: true, snapshots: true } }),
    );
  }

  /** Runs a command in a guest to its end. */
  exec(ref: string, argv: readonly string[], input?: string): Promise<Output> {
    return execIn(this.client, ref, argv, input);
  }

  /** What a shell command prints in a guest; fails where the command does. */
  async sh(ref: string, script: string): Promise<string> {
    const { code, stdout, stderr } = await this.exec(ref, ["sh", "-c", script]);
    assert.equal(code, 0, `'${script}' in ${ref}: ${stderr}`);
    return stdout.trim();
  }

  /** Waits until all operations have ended; `cancel`: those that can be are cancelled. */
  async idle({ cancel = false } = {}): Promise<void> {
    for (;;) {
      const items = await this.client.call("operationList", { query: { limit: 500 } });
      const open = items.filter((operation) => !hasEnded(operation));
      if (open.length === 0) return;
      for (const { id } of cancel ? open : [])
        await this.client.call("operationCancel", { params: { operation: id } }).catch(() => undefined);
      await Promise.all(open.map((operation) => this.client.waitFor(operation).catch(() => undefined)));
    }
  }

  /** Opens the store; only while no daemon runs. */
  async withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const store = await openSqliteStore(this.paths.store);
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  /** Removes everything and checks that nothing is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!(await this.client.call("hostGet").catch(() => undefined))) {
        await this.end();
        await this.start();
      }
      const items = await this.client.call("guestList");
      await Promise.allSettled(items.map(({ id }) => this.remove(id)));
      await this.idle({ cancel: true });
      for (const { id } of await this.client.call("templateList")) {
        // A stale one may have gone by itself, with its last guest.
        const removed = this.done(this.client.call("templateDelete", { params: { template: id } }));
        await removed.catch((error: unknown) => {
          if (!hasCode(error, "template.not_found")) throw error;
        });
      }
      await this.shutDown({ uninstall: true });
      assert.deepEqual(await traces(this.paths, this.#tag), []);
    } finally {
      await this.end();
      for (const { pid } of processesOf(this.paths)) {
        const ref = processRef(pid);
        if (ref) await endProcess(ref, 100);
      }
      await rm(this.home, { recursive: true, force: true });
      await rm(this.paths.run, { recursive: true, force: true });
    }
  }
}

/** Runs a command in a guest of this daemon's to its end. */
export async function execIn(
  client: Client,
  ref: string,
  argv: readonly string[],
  input = "",
): Promise<Output> {
  const command = await client.exec(ref, { argv: [...argv] });
  command.stdin.end(input);
  const [stdout, stderr, { code }] = await Promise.all([
    text(command.stdout),
    text(command.stderr),
    command.exit,
  ]);
  return { code, stdout, stderr };
}

/** The folder that keeps the tiny guest parked. */
export async function parkedTiny(): Promise<string> {
  const { kernel } = await tinyGuest();
  return keptParked(join(dirname(kernel), "tiny"), "tiny", (lodge) => lodge.park());
}

/**
 * A folder beside `of` that keeps an image's template, parked by this QEMU in this layout of devices.
 *
 * @param park has a Lodge park it, where nobody has yet.
 */
export async function keptParked(
  of: string,
  image: string,
  park: (lodge: TestLodge) => Promise<void>,
): Promise<string> {
  const { identity } = await testQemu();
  const folder = `${of}.parked-${deviceLayout}-${hash("sha256", identity).slice(0, 8)}`;
  if (await exists(folder)) return folder;
  const release = await takeLock(`${folder}.lock`);
  try {
    if (await exists(folder)) return folder;
    await using lodge = await TestLodge.start(undefined, { parked: false });
    await park(lodge);
    await lodge.end("SIGTERM");
    await lodge.withStore((store) => keepTemplate(store, image, folder));
    return folder;
  } finally {
    await release();
  }
}

/** Collects a stream's text. */
export async function text(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

interface Found {
  readonly pid: number;
  readonly what: string;
}

/** Processes of a home: its QEMUs, TPMs, helpers, and holders of memory. */
export function processesOf(paths: HomePaths): Found[] {
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const what = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      const mentions = what.includes(`${paths.home}/`) || what.includes(`${paths.run}/`);
      const works = what.startsWith("swtpm ") && readlinkSync(`/proc/${pid}/cwd`) === paths.guests;
      const holds = what === "sleep infinity" && readlinkSync(`/proc/${pid}/fd/3`).includes(` ${paths.run} `);
      const complains =
        /\/virtiofsd /.test(what) && readlinkSync(`/proc/${pid}/fd/2`).startsWith(paths.guests);
      return mentions || works || holds || complains ? [{ pid, what: what.slice(0, 120) }] : [];
    } catch {
      return [];
    }
  });
}

/** Devices and tables of a Lodge in the host's network. */
export async function networkOf(tag: string): Promise<string[]> {
  const [links, tables] = await Promise.all([exec("ip", ["-br", "link"]), exec("nft", ["list", "tables"])]);
  const devices = links.stdout.split("\n").map((line) => line.split(/[ @]/)[0] ?? "");
  const ours = new RegExp(`^(ldg${tag}|lgv${tag}|[il]${tag}[0-9a-z]{8}$)`);
  const table = new RegExp(` lodge_${tag}(_|$)`);
  return [
    ...devices.filter((device) => ours.test(device)),
    ...tables.stdout.split("\n").filter((line) => table.test(line)),
  ];
}

/** Control groups of its guests. */
export const groupsOf = (tag: string): string[] =>
  openGroups(tag)
    .list()
    .map((guest) => `group of ${guest}`);

async function traces(paths: HomePaths, tag: string): Promise<string[]> {
  const folders = [paths.guests, join(paths.home, "layers")];
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  const processes = processesOf(paths).map(({ what }) => what);
  return [...processes, ...(await networkOf(tag)), ...groupsOf(tag), ...files];
}
