/**
 * The daemon's side of its fence: finds the one that an earlier daemon left or starts one, tells it what it is to know, and
 * puts another in its place when it does not answer. The new one knows everything before the old one is ended: guests are
 * never unwatched in between, and an old one that was only slow ends nobody that the new one holds.
 */
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import { withTimeout } from "#base/deadline";
import { startDetached } from "#base/detached";
import { findProcesses } from "#base/find-process";
import type { Log } from "#base/log";
import { endProcess, isAlive, type ProcessRef } from "#base/process";
import { fenceSocket, line, Lines, type Greeting, type Heard } from "./protocol.ts";
import type { Told } from "./watch.ts";

export interface FenceParts {
  /** The daemon's run folder. */
  readonly run: string;
  /** What it says goes there. */
  readonly logFile: string;
  readonly log: Log;
  /** Told of the guests that it has ended. */
  readonly onEnded: (guests: readonly string[]) => void;
}

/** Milliseconds. It does nothing else: one that takes longer is stopped, or this host can run nothing any more. */
const answerLimit = 700;
const startLimit = 5000;

const program = join(import.meta.dirname, "../../../bin/lodge-fence.ts");

export class Fence {
  readonly #parts: FenceParts;
  #link: Link | undefined;
  #renewing: Promise<Link> | undefined;
  #n = 0;

  constructor(parts: FenceParts) {
    this.#parts = parts;
  }

  /** Takes up the fence of an earlier daemon, where there is one; says whether there was. */
  async adopt(): Promise<boolean> {
    this.#link = await this.#connect().catch(() => undefined);
    return this.#link !== undefined;
  }

  /** The process, where one is there and answers. */
  get process(): ProcessRef | undefined {
    return this.#link?.process;
  }

  /**
   * Resolves once a fence has heard it. With guests there is one afterwards, started if need be; without guests it ends by itself.
   *
   * @throws LodgeError host.fence_gone where none can be had
   */
  async tell(told: Told): Promise<void> {
    if (told.guests.length === 0 && !this.#link) return;
    const link = this.#link;
    const heard = link && (await this.#say(link, told));
    if (heard) return this.#note(heard);
    this.#renewing ??= this.#renew(told).finally(() => (this.#renewing = undefined));
    const renewed = await this.#renewing;
    const again = await this.#say(renewed, told);
    if (!again) throw gone(this.#parts.logFile);
    this.#note(again);
  }

  /** Lets go of it; it lives on. */
  close(): void {
    this.#link?.socket.destroy();
    this.#link = undefined;
  }

  async #say(link: Link, told: Told): Promise<Heard | undefined> {
    return link.ask({ n: ++this.#n, ...told }).catch(() => undefined);
  }

  #note({ ended }: Heard): void {
    if (ended.length > 0) this.#parts.onEnded(ended);
  }

  async #renew(told: Told): Promise<Link> {
    const { run, logFile, log } = this.#parts;
    this.close();
    const before = await fencesOf(run);
    try {
      const { process } = await startFence(run, logFile);
      const link = await this.#connectTo(process);
      this.#link = link;
      const heard = await this.#say(link, told);
      if (heard) this.#note(heard);
      for (const old of before) {
        log.warn({ pid: old.pid }, "ending a fence that did not answer");
        await endProcess(old, 0);
      }
      return link;
    } catch (error) {
      throw gone(logFile, error);
    }
  }

  /** The new one listens where an old one still does, until it has begun. */
  async #connectTo(wanted: ProcessRef): Promise<Link> {
    const end = performance.now() + startLimit;
    for (;;) {
      const link = await this.#connect().catch(() => undefined);
      if (link?.process.pid === wanted.pid) return link;
      link?.socket.destroy();
      if (performance.now() > end || !isAlive(wanted)) throw gone(this.#parts.logFile);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #connect(): Promise<Link> {
    const socket = connect(join(this.#parts.run, fenceSocket));
    const link = new Link(socket, this.#parts.logFile, () => {
      if (this.#link === link) this.#link = undefined;
    });
    try {
      await withTimeout(link.greeted, answerLimit);
      return link;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }
}

const gone = (log: string, cause?: unknown): LodgeError =>
  new LodgeError("host.fence_gone", { log }, { cause });

/** One connection, and the answers that are waited for. */
class Link {
  readonly socket: Socket;
  readonly greeted: Promise<void>;
  process: ProcessRef = { pid: 0, startTime: "" };
  readonly #waiting = new Map<number, (heard: Heard) => void>();
  readonly #closed: Promise<never>;

  constructor(socket: Socket, logFile: string, onClose: () => void) {
    this.socket = socket;
    const greeted = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<never>();
    this.#closed = closed.promise;
    this.#closed.catch(() => undefined);
    const lines = new Lines();
    socket.setEncoding("utf8");
    socket.on("error", (error) => closed.reject(error));
    socket.on("close", () => {
      closed.reject(gone(logFile));
      onClose();
    });
    socket.on("data", (chunk: string) => {
      for (const said of lines.take(chunk)) this.#take(said as Greeting | Heard, greeted.resolve);
    });
    // It keeps no daemon from ending.
    socket.unref();
    this.greeted = Promise.race([greeted.promise, this.#closed]);
    this.greeted.catch(() => undefined);
  }

  #take(said: Greeting | Heard, greet: () => void): void {
    if ("fence" in said) {
      this.process = said.fence;
      return greet();
    }
    this.#waiting.get(said.n)?.(said);
    this.#waiting.delete(said.n);
  }

  /** Rejects where it does not answer in time. */
  async ask(order: Told & { readonly n: number }): Promise<Heard> {
    const answer = new Promise<Heard>((resolve) => this.#waiting.set(order.n, resolve));
    this.socket.write(line(order));
    try {
      return await withTimeout(Promise.race([answer, this.#closed]), answerLimit);
    } finally {
      this.#waiting.delete(order.n);
    }
  }
}

/** It is Node's program like the daemon, with as few threads as can be. */
function startFence(run: string, logFile: string) {
  const flags = ["--disable-warning=ExperimentalWarning", "--experimental-ffi", "--max-semi-space-size=1"];
  const args = [...flags, "--single-threaded", program, join(run, fenceSocket)];
  const cache = process.env["NODE_COMPILE_CACHE"];
  const env = cache === undefined ? {} : { NODE_COMPILE_CACHE: cache };
  return startDetached(process.execPath, args, { log: logFile, cwd: "/", env });
}

/** The fences of this run folder. */
const fencesOf = (run: string): Promise<ProcessRef[]> =>
  findProcesses((argv) => argv.includes(program) && argv.at(-1) === join(run, fenceSocket));
