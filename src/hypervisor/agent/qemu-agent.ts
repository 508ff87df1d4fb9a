/** What Lodge asks of a guest, of QEMU's guest agent: as much of it as that can do. */
import type { Readable } from "node:stream";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { ExecStart } from "#contract/stream";
import type { AgentCall, GuestAgent, RunningCommand } from "./guest-agent.ts";
import type { QgaClient } from "./qga.ts";
import { packThroughFile, unpackThroughFile } from "./qga-archive.ts";
import { QgaSession } from "./qga-session.ts";
import { askFacts } from "./qga-facts.ts";
import { runToEnd } from "./qga-process.ts";

/** @throws RangeError */
function parseCount(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) throw new RangeError("no count");
  return value;
}

export class QemuAgent implements GuestAgent {
  readonly #qga: QgaClient;

  constructor(qga: QgaClient) {
    this.#qga = qga;
  }

  answer(call: AgentCall): Promise<void> {
    return this.#qga.answer(call);
  }

  async exec(start: Omit<ExecStart, "type">, call: AgentCall): Promise<RunningCommand> {
    this.#requirePlain(start);
    await this.answer(call);
    return new QgaSession(this.#qga, start, call.signal);
  }

  async run(argv: readonly string[], call: AgentCall): Promise<number> {
    const { exit } = await runToEnd(this.#qga, { argv }, call);
    return "code" in exit ? exit.code : 128;
  }

  async pack(path: string, call: AgentCall): Promise<Readable> {
    await this.answer(call);
    return packThroughFile(this.#qga, path, call.signal);
  }

  async unpack(folder: string, archive: Readable, call: AgentCall): Promise<void> {
    await this.answer(call);
    await unpackThroughFile(this.#qga, folder, archive, call.signal);
  }

  /** It has no word for it, and nothing else in the guest is certain to be there. */
  async connect(): Promise<never> {
    throw new LodgeError("agent.unsupported", { guest: this.#qga.guest, what: "connect to its ports" });
  }

  async facts(call: AgentCall): Promise<Schemas["GuestFacts"]> {
    await this.answer(call);
    return askFacts(this.#qga, call.signal);
  }

  shutdown(call: AgentCall): Promise<void> {
    return this.#qga.order("guest-shutdown", { mode: "powerdown" }, call);
  }

  /** It stays frozen until it is thawed, however long that is. */
  freeze(_seconds: number, call: AgentCall): Promise<number> {
    const { guest } = this.#qga;
    const refuse = (reason: string) => new LodgeError("agent.freeze_failed", { guest, reason });
    return this.#qga.call("guest-fsfreeze-freeze", {}, { ...call, parse: parseCount, refuse });
  }

  thaw(call: AgentCall): Promise<number> {
    return this.#qga.call("guest-fsfreeze-thaw", {}, { ...call, parse: parseCount });
  }

  /** Its words are not numbered: what was under way is not known any more. */
  leave(): void {
    this.close();
  }

  close(): void {
    this.#qga.close();
  }

  /** Refused before it is waited for: a booting guest would learn nothing. */
  #requirePlain({ tty, user, cwd }: Omit<ExecStart, "type">): void {
    const what = tty
      ? "give a command a terminal"
      : user !== undefined
        ? "run a command as another user"
        : cwd !== undefined
          ? "run a command in another folder"
          : undefined;
    if (what !== undefined) throw new LodgeError("agent.unsupported", { guest: this.#qga.guest, what });
  }
}
