import { PassThrough, Writable } from "node:stream";
import { LodgeError } from "#contract/errors";
import type { ExecStart } from "#contract/stream";
import type { RunningCommand } from "./guest-agent.ts";
import type { QgaResult } from "./qga-answer.ts";
import type { QgaClient } from "./qga.ts";
import { QgaProcess, type QgaCommand } from "./qga-process.ts";

/** MiB that QEMU's guest agent keeps of each output of a command, and that it is given as input. */
const limit = 16;

/**
 * A command by QEMU's guest agent, for somebody who expects streams.
 *
 *   collecting ── stdin ended ──> starting ── pid ──> running ── ended ──> output, then `exit`
 *        └── signal: nothing was started   └─────────────┴── signal: `exit` says that it runs on
 */
export class QgaSession implements RunningCommand {
  readonly stdin: Writable;
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly exit: RunningCommand["exit"];
  readonly #guest: string;
  readonly #command: string;
  readonly #exit = Promise.withResolvers<{ code: number; signal?: string }>();
  readonly #input = Promise.withResolvers<Buffer>();
  readonly #left = Promise.withResolvers<never>();
  #collecting = true;

  constructor(qga: QgaClient, { argv, env }: Omit<ExecStart, "type">, signal?: AbortSignal) {
    this.#guest = qga.guest;
    this.#command = argv[0] ?? "";
    this.stdin = this.#collector();
    this.exit = this.#exit.promise;
    for (const { promise } of [this.#exit, this.#input, this.#left]) promise.catch(() => undefined);
    this.#run(qga, { argv, env }).catch((error: unknown) => this.#fail(error));
    const hangUp = () => this.kill("SIGHUP");
    if (signal?.aborted) hangUp();
    else signal?.addEventListener("abort", hangUp, { once: true });
  }

  resize(): void {}

  kill(signal: string): void {
    this.#left.reject(new Left());
    if (!this.#collecting) return;
    this.#exit.resolve({ code: 128, signal });
    this.#fail(new Left());
  }

  #collector(): Writable {
    const parts: Buffer[] = [];
    let room = limit * 1024 * 1024;
    return new Writable({
      write: (part: Buffer, _encoding, done) => {
        room -= part.length;
        if (room < 0) return done(new LodgeError("agent.input_limit", { guest: this.#guest, limit }));
        parts.push(part);
        done();
      },
      final: (done) => {
        this.#input.resolve(Buffer.concat(parts));
        done();
      },
      destroy: (error, done) => {
        this.#input.reject(error ?? new Left());
        done(error);
      },
    }).on("error", () => undefined);
  }

  async #run(qga: QgaClient, command: Omit<QgaCommand, "input">): Promise<void> {
    const input = await this.#input.promise;
    this.#collecting = false;
    const process = await QgaProcess.start(qga, { ...command, input });
    try {
      this.#end(await Promise.race([process.ended, this.#left.promise]));
    } catch (error) {
      process.abandon();
      if (!(error instanceof Left)) throw error;
      const { pid } = process;
      throw new LodgeError("agent.command_runs_on", { guest: this.#guest, command: this.#command, pid });
    }
  }

  #end({ exit, stdout, stderr, truncated }: QgaResult): void {
    this.stdout.end(stdout);
    this.stderr.end(stderr);
    if (truncated)
      throw new LodgeError("agent.output_limit", { guest: this.#guest, command: this.#command, limit });
    this.#exit.resolve("code" in exit ? exit : { code: 128, signal: exit.signal });
  }

  #fail(error: unknown): void {
    this.#exit.reject(error);
    this.stdin.destroy();
    this.stdout.end();
    this.stderr.end();
  }
}

/** Whoever waited for the command waits no more. */
class Left extends Error {}
