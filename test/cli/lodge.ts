/** The real command against a daemon over fakes, each in a home of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Operation } from "#contract/operation";
import { startFakeDaemon, type FakeDaemon } from "../fakes/fake-daemon.ts";

export const checkout = join(import.meta.dirname, "../..");
export const launcher = join(checkout, "bin/lodge");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has written so far, both streams. */
  seen(): string;
}

export interface LodgeOptions {
  /** Given to its standard input, which is empty without. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** A program that runs the command, with its arguments before it. */
  readonly within?: readonly string[];
  /** Milliseconds after which it is ended. */
  readonly timeout?: number;
}

export interface Scene {
  readonly folder: string;
  readonly home: string;
  readonly daemon: FakeDaemon;
  lodge(words: readonly string[], options?: LodgeOptions): Promise<Ended>;
  start(words: readonly string[], options?: LodgeOptions): Running;
  /** Waits for an operation to begin and changes it as its steps would. */
  advance(change: Partial<Operation>): Promise<Operation>;
  close(): Promise<void>;
}

/** Over fakes, only a command that waits for what never comes takes so long: its test fails then. */
const longest = 60_000;

/** `cluster`: the daemon's part in one. */
export async function openScene(cluster: Parameters<typeof startFakeDaemon>[0] = {}): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "lodge-cli-"));
  const home = join(folder, "home");
  mkdirSync(join(home, "run"), { recursive: true, mode: 0o700 });
  const daemon = await startFakeDaemon(cluster);
  symlinkSync(daemon.socketPath, join(home, "run/lodged.sock"));
  const start = (words: readonly string[], options: LodgeOptions = {}) =>
    run(words, { timeout: longest, ...options, env: { LODGE_HOME: home, ...options.env } });
  return {
    folder,
    home,
    daemon,
    start,
    lodge: (words, options) => start(words, options).ended,
    async advance(change) {
      const { operations } = daemon.services;
      const running = async () =>
        (await operations.list({})).items.find(({ status }) => status === "running");
      let found = await running();
      for (const end = Date.now() + 10_000; !found && Date.now() < end; found = await running()) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      if (!found) throw new TypeError("no operation began");
      return operations.advance(found.id, change);
    },
    async close() {
      await daemon.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Runs `lodge` with these words, and no more of this process's environment than it needs. */
export function run(words: readonly string[], options: LodgeOptions = {}): Running {
  const { input, env, cwd, within = [], timeout = 0 } = options;
  const [command = "", ...args] = [...within, launcher, ...words];
  const child = spawn(command, args, {
    cwd: cwd ?? "/",
    timeout,
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      TERM: "xterm",
      ...env,
    },
  });
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let seen = "";
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (bytes: Buffer) => {
      output[name].push(bytes);
      seen += bytes.toString();
    });
  }
  child.stdin.on("error", () => undefined);
  if (input !== undefined) child.stdin.end(input);
  else if (within.length === 0) child.stdin.end();
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code) =>
      resolve({
        code,
        stdout: Buffer.concat(output.stdout).toString(),
        stderr: Buffer.concat(output.stderr).toString(),
      }),
    );
  });
  return { child, ended, seen: () => seen };
}

/** Waits until it has written something that matches, or what else has to hold does, for at most ten seconds. */
export async function shows(running: Running, what: RegExp | (() => boolean)): Promise<void> {
  const holds = typeof what === "function" ? what : () => what.test(running.seen());
  for (const end = Date.now() + 10_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 10))) {
    if (Date.now() > end) throw new TypeError(`${String(what)} never came; it said: ${running.seen()}`);
  }
}
