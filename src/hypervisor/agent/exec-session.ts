import { constants } from "node:os";
import type { Writable } from "node:stream";
import type { Channel } from "./channel.ts";
import type { IncomingStream } from "./incoming-stream.ts";
import { encodeFields, type FieldList, type Fields } from "./protocol.ts";

export interface ExecRequest {
  /** Program and arguments; the program is looked for in PATH. Empty only with `login`. */
  readonly argv: readonly string[];
  /** Added to PATH, HOME, USER, LOGNAME and SHELL, which the guest's user has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the user's home. */
  readonly cwd?: string;
  /** A user of the guest; default root. */
  readonly user?: string;
  /** A terminal of this size: output and errors come together on stdout. */
  readonly tty?: { readonly rows: number; readonly cols: number };
  /** The user's own login shell instead of a command. */
  readonly login?: boolean;
  /** Is there anything on standard input? Default true; false gives it /dev/null. */
  readonly stdin?: boolean;
}

/** How a command ended: by itself, or by a signal (its name: SIGKILL, …). */
export type ExecExit = { readonly code: number } | { readonly signal: string };

const signals = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

export const execFields = (request: ExecRequest): FieldList => ({
  do: "exec",
  arg: request.argv,
  env: Object.entries(request.env ?? {}).map(([key, value]) => `${key}=${value}`),
  cwd: request.cwd,
  user: request.user,
  tty: request.tty ? 1 : undefined,
  rows: request.tty?.rows,
  cols: request.tty?.cols,
  login: request.login ? 1 : undefined,
  stdin: request.stdin === false ? undefined : 1,
});

function parseExit(fields: Fields): ExecExit {
  const number = fields.number("signal");
  return number === undefined
    ? { code: fields.number("code") ?? -1 }
    : { signal: signals.get(number as never) ?? `signal ${number}` };
}

/** A command that runs in a guest. It outlives this object, and the daemon: see `AgentClient.attach`. */
export class ExecSession {
  /** With the client's session, what a later `attach` needs. */
  readonly id: number;
  /** The process in the guest. */
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: IncomingStream;
  /** Ends at once where the command has a terminal. */
  readonly stderr: IncomingStream;
  /** @throws LodgeError agent.lost where the guest ended first. */
  readonly exit: Promise<ExecExit>;
  readonly #channel: Channel;

  constructor(channel: Channel, opened: Fields) {
    this.#channel = channel;
    this.id = channel.id;
    this.pid = opened.number("pid") ?? 0;
    this.stdin = channel.stdin;
    this.stdout = channel.stdout;
    this.stderr = channel.stderr;
    this.exit = channel.result.promise.then(parseExit);
    this.exit.catch(() => undefined);
  }

  /** How far each stream has come: bytes sent into it, and bytes that its reader has had. */
  get positions(): { stdin: number; stdout: number; stderr: number } {
    const { stdin, stdout, stderr } = this.#channel;
    return { stdin: stdin.sent, stdout: stdout.consumed, stderr: stderr.consumed };
  }

  resize(rows: number, cols: number): void {
    this.#channel.control(encodeFields({ rows, cols }));
  }

  /** Sends a signal to the command and what it has started in its process group. */
  signal(name: NodeJS.Signals): void {
    this.#channel.control(encodeFields({ signal: constants.signals[name] }));
  }

  /**
   * Lets go of the command: what it still writes is thrown away. With a signal it gets that first.
   * Not needed after it has ended and its output was read.
   */
  close(signal?: NodeJS.Signals): void {
    this.#channel.close(signal ? constants.signals[signal] : 0);
  }
}
