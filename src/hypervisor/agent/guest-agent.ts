/** What Lodge asks of the agent in a guest, whichever that is. A guest has one of these, by its record. */
import type { Duplex, Readable, Writable } from "node:stream";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { ExecStart } from "#contract/stream";

/** A command that runs in a guest. Its outputs end, or fail, also where its exit rejects. */
export interface RunningCommand {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Ends at once where there is a terminal: all of it comes through stdout. */
  readonly stderr: Readable;
  resize(rows: number, cols: number): void;
  /** Sends a signal by name: "SIGINT". */
  kill(signal: string): void;
  /** A command that a signal ended has the code 128. */
  readonly exit: Promise<{ readonly code: number; readonly signal?: string }>;
}

export interface AgentCall {
  /** What the work is given up by, also after the agent has answered. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the agent to answer, as a guest may still be booting; 0: no limit. */
  readonly timeout: number;
}

/** Every method throws agent.unreachable where it does not answer in time, and agent.lost where it ended. */
export interface GuestAgent {
  /** Resolves when it has answered; at once where there is none to wait for. */
  answer(call: AgentCall): Promise<void>;
  /** @throws LodgeError agent.unsupported, agent.command_not_found (or its `exit` does) */
  exec(start: Omit<ExecStart, "type">, call: AgentCall): Promise<RunningCommand>;
  /** Runs a command to its end and resolves with its code. `timeout` is for all of it. */
  run(argv: readonly string[], call: AgentCall): Promise<number>;
  /** A tar archive of a path. @throws LodgeError agent.file */
  pack(path: string, call: AgentCall): Promise<Readable>;
  /** Unpacks a tar archive into a folder that is there. @throws LodgeError agent.file */
  unpack(folder: string, archive: Readable, call: AgentCall): Promise<void>;
  /** Connects to what listens on a port of the guest's own. @throws LodgeError port.refused, agent.unsupported */
  connect(port: number, call: AgentCall): Promise<Duplex>;
  facts(call: AgentCall): Promise<Schemas["GuestFacts"]>;
  /** Asks the guest's system to shut down; resolves when it has been asked. */
  shutdown(call: AgentCall): Promise<void>;
  /**
   * Freezes the file systems on the guest's disks; Lodge's agent thaws them by itself after `seconds`.
   * @returns how many were frozen. @throws LodgeError agent.freeze_failed, with none of them frozen.
   */
  freeze(seconds: number, call: AgentCall): Promise<number>;
  /** @returns how many were thawed: none where none was frozen, or the time was up. */
  thaw(call: AgentCall): Promise<number>;
  /** The guest's process here has ended: what was begun goes on where the guest went, if the agent can do that. */
  leave(): void;
  close(): void;
}

/** Of a guest whose image has none. */
export class NoAgent implements GuestAgent {
  readonly #guest: string;

  constructor(guest: string) {
    this.#guest = guest;
  }

  async answer(): Promise<void> {}

  exec = (): Promise<never> => this.#refuse();
  run = (): Promise<never> => this.#refuse();
  pack = (): Promise<never> => this.#refuse();
  unpack = (): Promise<never> => this.#refuse();
  connect = (): Promise<never> => this.#refuse();
  facts = (): Promise<never> => this.#refuse();
  shutdown = (): Promise<never> => this.#refuse();
  freeze = (): Promise<never> => this.#refuse();

  async thaw(): Promise<number> {
    return 0;
  }

  leave(): void {}

  close(): void {}

  async #refuse(): Promise<never> {
    throw new LodgeError("agent.absent", { guest: this.#guest });
  }
}

/** What `tar -C … NAME` is told for a path: the folder it is in, and its name there. */
export const nameIn = (path: string): string => path.split("/").at(-1) || ".";

/** What a program said last, which is why it failed. */
export const lastLine = (words: string): string => words.trim().split("\n").at(-1) ?? "";
