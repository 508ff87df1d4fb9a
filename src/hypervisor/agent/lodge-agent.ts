/** What Lodge asks of a guest, of Lodge's own agent: everything streams. */
import { dirname } from "node:path";
import { addAbortSignal, Readable, type Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { ExecStart } from "#contract/stream";
import type { AgentClient } from "./client.ts";
import type { ExecExit, ExecSession } from "./exec-session.ts";
import { lastLine, nameIn, type AgentCall, type GuestAgent, type RunningCommand } from "./guest-agent.ts";

export class LodgeAgent implements GuestAgent {
  readonly #client: AgentClient;

  constructor(client: AgentClient) {
    this.#client = client;
  }

  async answer(call: AgentCall): Promise<void> {
    await this.#client.hello(call);
  }

  async exec(start: Omit<ExecStart, "type">, call: AgentCall): Promise<RunningCommand> {
    await this.answer(call);
    const { argv, env, cwd, user, tty } = start;
    const session = await this.#client.exec(
      {
        argv,
        env: { ...env, ...(tty ? { TERM: tty.term } : {}) },
        ...(cwd === undefined ? {} : { cwd }),
        ...(user === undefined ? {} : { user }),
        ...(tty ? { tty: { rows: tty.rows, cols: tty.cols } } : {}),
        ...(argv.length === 0 ? { login: true } : {}),
      },
      { signal: call.signal },
    );
    return toCommand(session, call.signal);
  }

  async run(argv: readonly string[], call: AgentCall): Promise<number> {
    const { exit } = await this.#client.runToEnd(argv, call);
    return "code" in exit ? exit.code : 128;
  }

  async pack(path: string, call: AgentCall): Promise<Readable> {
    await this.answer(call);
    const { signal } = call;
    const { exit } = await this.#client.runToEnd(["test", "-e", path], { signal });
    if (!("code" in exit) || exit.code !== 0)
      throw new LodgeError("agent.file", { path, reason: "there is no such file" });
    const argv = ["tar", "-C", dirname(path), "-cf", "-", "--", nameIn(path)];
    const session = await this.#client.exec({ argv, stdin: false }, { signal });
    // Whoever stops reading leaves no tar behind that waits to be read.
    const ended = () => session.close("SIGKILL");
    return Readable.from(output(session, path), { objectMode: false }).once("close", ended);
  }

  async unpack(folder: string, archive: Readable, call: AgentCall): Promise<void> {
    await this.answer(call);
    const { signal } = call;
    const argv = ["tar", "-C", folder, "-xf", "-", "--no-same-owner"];
    const session = await this.#client.exec({ argv }, { signal });
    const words = collectWords(session);
    session.stdout.discard();
    try {
      await pipeline(archive, session.stdin, signal ? { signal } : {}).catch((error: unknown) => {
        // That tar reads no more is told by its exit.
        if (signal?.aborted || archive.errored) throw error;
      });
      await requireDone(session, words, folder);
    } finally {
      session.close("SIGKILL");
    }
  }

  async connect(port: number, call: AgentCall): Promise<Duplex> {
    await this.answer(call);
    const { signal } = call;
    const stream = await this.#client.connect(port, { signal });
    return signal ? addAbortSignal(signal, stream) : stream;
  }

  async facts(call: AgentCall): Promise<Schemas["GuestFacts"]> {
    const facts = await this.#client.facts(call);
    return {
      hostname: facts.hostname,
      kernel: facts.kernel,
      os: facts.os.name,
      uptime: facts.uptime,
      memoryTotal: facts.memoryTotal,
      memoryAvailable: facts.memoryAvailable,
      addresses: facts.interfaces.flatMap(({ addresses }) => addresses),
    };
  }

  shutdown(call: AgentCall): Promise<void> {
    return this.#client.shutdown("poweroff", call);
  }

  freeze(seconds: number, call: AgentCall): Promise<number> {
    return this.#client.freeze(seconds, call);
  }

  thaw(call: AgentCall): Promise<number> {
    return this.#client.thaw(call);
  }

  leave(): void {
    this.#client.leave();
  }

  close(): void {
    this.#client.close();
  }
}

const shown = (exit: ExecExit) => ("code" in exit ? exit : { code: 128, signal: exit.signal });

function toCommand(session: ExecSession, signal: AbortSignal | undefined): RunningCommand {
  const hangUp = () => session.close("SIGHUP");
  if (signal?.aborted) hangUp();
  else signal?.addEventListener("abort", hangUp, { once: true });
  return {
    stdin: session.stdin,
    stdout: Readable.from(session.stdout, { objectMode: false }),
    stderr: Readable.from(session.stderr, { objectMode: false }),
    resize: (rows, cols) => session.resize(rows, cols),
    kill: (name) => session.signal(name as NodeJS.Signals),
    exit: session.exit.then(shown),
  };
}

async function* output(session: ExecSession, path: string): AsyncIterable<Buffer> {
  const words = collectWords(session);
  yield* session.stdout;
  await requireDone(session, words, path);
}

/** @throws LodgeError agent.file, with the last that tar said. */
async function requireDone(session: ExecSession, words: Promise<string>, path: string): Promise<void> {
  const exit = await session.exit;
  if (!("code" in exit) || exit.code !== 0)
    throw new LodgeError("agent.file", { path, reason: (await words) || "tar failed" });
}

/** The last line of its errors; what ends the session before they end is told by its exit. */
async function collectWords(session: ExecSession): Promise<string> {
  let words = "";
  try {
    for await (const bytes of session.stderr) if (words.length < 1000) words += bytes.toString();
  } catch {
    return "";
  }
  return lastLine(words);
}
