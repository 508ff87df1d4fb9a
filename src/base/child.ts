/**
 * A program that runs beside this process, or outlives it: as child_process has it, but started by posix_spawn(3). What Node does
 * instead is fork(2), which keeps a daemon with 150 MiB waiting for 5 to 15 ms each time, in which it serves nobody.
 */
import { spawn, type StdioOptions } from "node:child_process";
import { accessSync, closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { constants as system } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { endingOf, whenEnded, type Ending } from "./endings.ts";
import { isCallable, socketPair, spawnProgram } from "./libc.ts";

export interface ChildOptions {
  /** With PATH, by which the program is found. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  /** Is something written to its standard input? Otherwise that is empty. */
  readonly hasInput: boolean;
  /** Descriptors that it inherits: the first as its 3. */
  readonly descriptors: readonly number[];
}

export interface Child {
  readonly pid: number;
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once it has ended and said all it had to say. */
  readonly ended: Promise<Ending>;
  kill(signal: NodeJS.Signals): void;
}

/** Where a program is; undefined: nowhere. */
export function findProgram(command: string, path: string): string | undefined {
  const candidates = command.includes("/") ? [command] : path.split(delimiter).map((at) => join(at, command));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Both of what it says are to be read to their ends: it is not said to have ended before.
 * @param file where it is
 * @throws Error as Node's own, with its code: what the system says against starting it.
 */
export function startChild(file: string, args: readonly string[], options: ChildOptions): Child {
  return isCallable() ? spawned(file, args, options) : forked(file, args, options);
}

/** Of a small process fork(2) costs little, and Node lets it call nothing else. */
function forked(file: string, args: readonly string[], options: ChildOptions): Child {
  const { env, cwd, hasInput, descriptors } = options;
  const stdio: StdioOptions = [hasInput ? "pipe" : "ignore", "pipe", "pipe", ...descriptors];
  const child = spawn(file, args, { env, cwd, stdio });
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve({ status, killedBy: signal ?? undefined }));
  });
  return {
    // None of one that could not be started, which its end tells.
    pid: child.pid ?? 0,
    stdin: child.stdin ?? undefined,
    stdout: child.stdout!,
    stderr: child.stderr!,
    ended,
    kill: (signal) => void child.kill(signal),
  };
}

function spawned(file: string, args: readonly string[], options: ChildOptions): Child {
  const { env, cwd, hasInput, descriptors } = options;
  const [output, complaints] = [requirePair(), requirePair()];
  const input = hasInput ? requirePair() : undefined;
  const theirs = [input?.theirs ?? openSync("/dev/null", "r"), output.theirs, complaints.theirs];
  let pid: number;
  try {
    pid = start({ file, args, env, cwd, descriptors: [...theirs, ...descriptors] });
  } catch (error) {
    for (const pair of [output, complaints, input]) if (pair) closeSync(pair.ours);
    throw error;
  } finally {
    for (const fd of theirs) closeSync(fd);
  }
  const stdout = new Socket({ fd: output.ours, readable: true, writable: false });
  const stderr = new Socket({ fd: complaints.ours, readable: true, writable: false });
  const stdin = input && new Socket({ fd: input.ours, readable: false, writable: true });
  let running = true;
  const said = Promise.all([stdout, stderr].map((stream) => finished(stream).catch(() => undefined)));
  const ended = said
    .then(() => reaped(pid))
    .finally(() => {
      running = false;
      stdin?.destroy();
    });
  // Its id is its own until it is reaped.
  return { pid, stdin, stdout, stderr, ended, kill: (signal) => void (running && process.kill(pid, signal)) };
}

export interface SessionOptions {
  /** What it is told that it is called, by which it is known among processes; default: where it is. */
  readonly name?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Where what it says goes; nowhere by default. */
  readonly output?: number;
  /** Descriptors that it inherits: the first as its 3. */
  readonly descriptors: readonly number[];
}

export interface Session {
  readonly pid: number;
  /** Does not keep this process from ending before. */
  readonly ended: Promise<Ending>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts a program in a session of its own, which outlives this process.
 *
 * @param file where it is
 * @throws Error as startChild()
 */
export function startSession(file: string, args: readonly string[], options: SessionOptions): Session {
  const { name = file, env, cwd, descriptors } = options;
  const nowhere = openSync("/dev/null", "r+");
  try {
    const { output = nowhere } = options;
    const all = [nowhere, output, output, ...descriptors];
    const pid = start({ file, name, args, env, cwd, descriptors: all, ownSession: true });
    let running = true;
    const ended = whenEnded(pid).finally(() => (running = false));
    return { pid, ended, kill: (signal) => void (running && process.kill(pid, signal)) };
  } finally {
    closeSync(nowhere);
  }
}

interface Start {
  readonly file: string;
  readonly name?: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  readonly descriptors: readonly number[];
  readonly ownSession?: boolean;
}

/** Its id. @throws Error */
function start({ file, name = file, args, env, ...rest }: Start): number {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const pid = spawnProgram({ path: file, args: [name, ...args], env: variables, ...rest });
  if (pid < 0) throw systemError(-pid, file);
  return pid;
}

/** Two ends of a stream: one for this process, one for a program. The caller closes both. @throws Error */
export function requirePair(): { readonly ours: number; readonly theirs: number } {
  const pair = socketPair();
  if (!pair) throw systemError(system.errno.EMFILE, "socketpair");
  return { ours: pair[0], theirs: pair[1] };
}

function systemError(number: number, what: string): NodeJS.ErrnoException {
  const [code = "EIO"] = Object.entries(system.errno).find(([, value]) => value === number) ?? [];
  return Object.assign(new Error(`${what}: ${code}`), { code, errno: -number });
}

/** Of one that has closed all it had open, and is about to end. */
async function reaped(pid: number): Promise<Ending> {
  for (let pause = 1; ; pause = Math.min(2 * pause, 50)) {
    const ending = endingOf(pid);
    if (ending) return ending;
    await delay(pause);
  }
}
