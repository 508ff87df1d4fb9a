/**
 * A Lodge of the benchmarks' own: a daemon on a home in a temporary folder, an image, guests. Everything is
 * gone once it is closed. It is driven from outside only: by the client and by bin/lodge.
 */
import { LodgeError } from "#contract/errors";
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Guest } from "#contract/schema/guest";
import { hasEnded } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import { systemClock } from "#base/clock";
import { exec } from "#base/exec";
import { homePaths, type HomePaths } from "#base/home";
import { retry } from "#base/retry";
import { createClient, type Client } from "#client/client";

export const checkout = join(import.meta.dirname, "..");
export const image = "debian-13";

/** What a command in a guest printed. */
export interface Said {
  readonly code: number;
  readonly output: string;
}

export class Lodge {
  readonly paths: HomePaths;
  readonly client: Client;
  readonly #env: Readonly<Record<string, string>>;
  #daemon: ChildProcess;
  #crowd: readonly Guest[] = [];
  readonly #parked = new Map<string, Promise<unknown>>();
  #closing: Promise<void> | undefined;

  private constructor(home: string) {
    this.paths = homePaths(home);
    this.#env = { LODGE_HOME: home, NODE_COMPILE_CACHE: join(home, "compiled") };
    this.#daemon = this.#startDaemon();
    this.client = createClient({ socketPath: this.paths.socket }, { reason: "it is measured" });
  }

  /** The daemon's process id. */
  get pid(): number {
    return this.#daemon.pid!;
  }

  /** In a session of its own: a Ctrl-C is for the benchmarks, which then clean up with its help. */
  #startDaemon(...flags: string[]): ChildProcess {
    const log = openSync(join(this.paths.home, "lodged.log"), "a");
    try {
      return spawn(join(checkout, "bin/lodged"), flags, {
        cwd: "/",
        detached: true,
        env: { ...process.env, ...this.#env },
        stdio: ["ignore", log, log],
      });
    } finally {
      closeSync(log);
    }
  }

  get #daemonEnded(): boolean {
    return this.#daemon.exitCode !== null || this.#daemon.signalCode !== null;
  }

  /** On a home that is only just made: whoever has one has to close it, whatever happens next. */
  static make(): Lodge {
    return new Lodge(mkdtempSync(join(tmpdir(), "lodge-bench-")));
  }

  /** Resolves once there are the image of its guests, built, or imported where a disk is given, and a template of it. */
  async prepare(disk: string | undefined, say: (line: string) => void): Promise<void> {
    await this.getImage(image, disk, say);
    say("Waiting for its template");
    await this.parked();
  }

  /** Builds an image by its recipe, or imports a disk as that; `desktop`: it is one with a desktop. */
  async getImage(
    recipe: string,
    disk: string | undefined,
    say: (line: string) => void,
    desktop = false,
  ): Promise<void> {
    say(disk === undefined ? `Building ${recipe}` : `Importing ${disk}`);
    const begun =
      disk === undefined
        ? await this.client.call("imageBuild", { body: { recipe } })
        : await this.client.call("imageImport", {
            body: { path: disk, name: recipe, agent: "lodge", desktop },
          });
    await this.client.waitFor(begun, { patience: 60_000 });
  }

  /** Resolves once the daemon answers. */
  async answering(): Promise<void> {
    const ask = async () => {
      if (this.#daemonEnded) {
        const words = readFileSync(join(this.paths.home, "lodged.log"), "utf8").slice(-2000);
        throw new LodgeError(
          "cli.daemon_start",
          { reason: "it ended at once", log: join(this.paths.home, "lodged.log") },
          { detail: words },
        );
      }
      await this.client.call("hostGet");
    };
    const again = () => !this.#daemonEnded;
    await retry(ask, { clock: systemClock, first: 50, longest: 250, timeout: 60_000, again });
  }

  /** Ends the daemon and starts another, which takes up the guests; resolves once it answers. */
  async restart(...flags: string[]): Promise<void> {
    const gone = new Promise((resolve) => this.#daemon.once("exit", resolve));
    this.#daemon.kill();
    await gone;
    this.#daemon = this.#startDaemon(...flags);
    await this.answering();
  }

  /** Has a daemon in its place that browsers get to as well; resolves to where. */
  async reachable(): Promise<string> {
    await this.restart("--listen", "127.0.0.1:0");
    const log = readFileSync(join(this.paths.home, "lodged.log"), "utf8");
    const line = log.split("\n").findLast((text) => text.includes('"listening"'));
    if (line === undefined) throw new TypeError("the daemon does not listen");
    return `http://${(JSON.parse(line) as { address: string }).address}`;
  }

  /** Resolves once guests of the usual shape fork, or those of another image. */
  parked(of = image, shape: { readonly cpus?: number; readonly memory?: number } = {}): Promise<unknown> {
    const known = this.#parked.get(of);
    if (known) return known;
    const parked = (async () => {
      const templates = await this.client.call("templateList");
      if (templates.some(({ state, imageName }) => state === "parked" && imageName === of)) return;
      const begun = await this.client.call("templateBuild", { body: { image: of, ...shape } });
      await this.client.waitFor(begun, { patience: 60_000 });
    })();
    this.#parked.set(of, parked);
    return parked;
  }

  /** A new guest; resolves once it is what `body` waits for. */
  async run(body: Schemas["GuestCreate"] = {}): Promise<Guest> {
    if (this.#closing) throw new LodgeError("operation.cancelled");
    const begun = await this.client.call("guestCreate", { body: { image, ...body } });
    return ((await this.client.waitFor(begun)).result as { guest: Guest }).guest;
  }

  /** Runs a command in a guest to its end. */
  async inside(guest: string, ...argv: string[]): Promise<Said> {
    const command = await this.client.exec(guest, { argv });
    let output = "";
    command.stdout.on("data", (bytes: Buffer) => (output += bytes.toString()));
    command.stderr.resume();
    command.stdin.end();
    const { code } = await command.exit;
    return { code, output };
  }

  async remove(...guests: readonly Pick<Guest, "id">[]): Promise<void> {
    for (let at = 0; at < guests.length; at += 10) {
      await Promise.all(
        guests.slice(at, at + 10).map(async ({ id }) => {
          const begun = await this.client.call("guestDelete", {
            params: { guest: id },
            query: { force: true },
          });
          await this.client.waitFor(begun);
        }),
      );
    }
  }

  /** Runs bin/lodge as a whole process. */
  command(...words: string[]): Promise<{ stdout: string; stderr: string }> {
    return exec(join(checkout, "bin/lodge"), words, { env: this.#environment(), timeout: 600_000 });
  }

  /** Runs one of npm's scripts on this home, as a whole process. */
  script(name: string): Promise<{ stdout: string; stderr: string }> {
    return exec("npm", ["--silent", name], {
      env: this.#environment(),
      cwd: checkout,
      timeout: 600_000,
    });
  }

  #environment(): Record<string, string> {
    return { ...this.#env, HOME: process.env["HOME"] ?? "/" };
  }

  /** Many guests that stand for the rows which need them; `make` is told how many there should be. */
  async crowd(make: () => Promise<readonly Guest[]>): Promise<readonly Guest[]> {
    if (this.#crowd.length === 0) this.#crowd = await make();
    return this.#crowd;
  }

  async disperse(): Promise<void> {
    const guests = this.#crowd;
    this.#crowd = [];
    await this.remove(...guests);
  }

  /** Removes guests, networks, daemon and home. Idempotent; may come in the middle of anything. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#daemonEnded) this.#daemon = this.#startDaemon();
    // Only a daemon knows what there is to remove.
    await this.answering();
    await this.#cancelAll();
    await this.#removeDesktopPools();
    const gone = new Promise((resolve) => this.#daemon.once("exit", resolve));
    await this.remove(...(await this.client.call("guestList", { query: {} })));
    await this.client.call("hostShutdown", { body: { guests: true, uninstall: true } });
    await gone;
    rmSync(this.paths.run, { recursive: true, force: true });
    rmSync(this.paths.home, { recursive: true, force: true });
  }

  /** They would make guests anew as these are removed. */
  async #removeDesktopPools(): Promise<void> {
    for (const { id } of await this.client.call("desktopPoolList", { query: {} })) {
      const params = { desktopPool: id };
      const begun = await this.client.call("desktopPoolDelete", { params, query: { force: true } });
      await this.client.waitFor(begun);
    }
  }

  /** Ends what an interrupted row was waiting for, and waits until it is undone. */
  async #cancelAll(): Promise<void> {
    const underWay = (await this.client.call("operationList", { query: {} })).filter((one) => !hasEnded(one));
    await Promise.all(
      underWay.map(async (one) => {
        const params = { operation: one.id };
        await this.client.call("operationCancel", { params }).catch(() => undefined);
        await this.client.waitFor(one).catch(() => undefined);
      }),
    );
  }
}

/** Runs `task` for each number below `count`, at most `width` at a time. */
export async function abreast<T>(
  count: number,
  width: number,
  task: (i: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const i = next++;
      results[i] = await task(i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
  return results;
}
