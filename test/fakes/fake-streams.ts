import { Duplex, PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { LodgeError } from "#contract/errors";
import type { ConsoleStart, ExecStart, FileStart } from "#contract/stream";
import type { ExecSession, GuestService } from "#server/services";

type Exit = { code: number; signal?: string };

/** A command that was started, as a test looks at it. */
export interface FakeCommand {
  readonly start: ExecStart;
  readonly signals: string[];
  readonly sizes: string[];
  /** Bytes of output its reader has asked for so far. */
  produced: number;
  ended: boolean;
}

/** Guests' commands, consoles and files. */
export class FakeStreams implements Pick<GuestService, "exec" | "console" | "port" | "fileIn" | "fileOut"> {
  readonly commands: FakeCommand[] = [];
  readonly files = new Map<string, Buffer>();
  /** What `test -d` finds to be folders. */
  readonly folders = new Set<string>();
  /** Consoles, ports and files that are open. */
  open = 0;
  readonly #check: (ref: string) => void;

  constructor(check: (ref: string) => void) {
    this.#check = check;
  }

  /**
   * `cat`; `exit CODE`; `produce BYTES`; `sleep`, which reads no input and ends by a signal alone;
   * `stubborn`, which no signal but SIGKILL ends; `both`, which writes to both outputs; `fail` loses its agent;
   * `cut BYTES`, which wrote more than these; `test -d PATH`; `readlink`, which finds no links.
   */
  async exec(ref: string, start: ExecStart, signal: AbortSignal): Promise<ExecSession> {
    this.#check(ref);
    const [name = "shell", argument] = start.argv;
    if (name === "nowhere") {
      throw new LodgeError("agent.command_not_found", { command: name, reason: "no such file" });
    }
    if (name === "bug") throw new TypeError("a bug in the domain");
    if (name === "slow-agent") return forever(signal);
    const command: FakeCommand = { start, signals: [], sizes: [], produced: 0, ended: false };
    this.commands.push(command);
    const stdin = new PassThrough({ highWaterMark: 65_536 });
    const stdout = outputOf(name, Number(argument), stdin, command);
    const stderr = Readable.from(name === "both" ? [Buffer.from("to stderr")] : [], { objectMode: false });
    const { promise, resolve, reject } = Promise.withResolvers<Exit>();
    const end = (exit: Exit) => {
      command.ended = true;
      stdout.push(null);
      resolve(exit);
    };
    signal.addEventListener("abort", () => end({ code: -1, signal: "SIGKILL" }));
    if (name === "fail") stdout.push(null);
    if (name === "fail") reject(new LodgeError("agent.lost", { guest: ref }));
    else if (name === "cut")
      reject(new LodgeError("agent.output_limit", { guest: ref, command: name, limit: 16 }));
    else if (name === "exit") end({ code: Number(argument) });
    else if (name === "readlink") end({ code: 1 });
    else if (name === "test") end({ code: this.folders.has(start.argv[2] ?? "") ? 0 : 1 });
    else if (name !== "sleep" && name !== "stubborn") stdout.on("end", () => end({ code: 0 }));
    return {
      stdin,
      stdout,
      stderr,
      exit: promise,
      resize: (rows, cols) => command.sizes.push(`${rows}x${cols}`),
      kill: (by) => {
        command.signals.push(by);
        if (name !== "stubborn" || by === "SIGKILL") end({ code: -1, signal: by });
      },
    };
  }

  async console(ref: string, start: ConsoleStart, _signal: AbortSignal): Promise<Duplex> {
    this.#check(ref);
    this.open++;
    const line = new PassThrough();
    line.write(`scroll-back of ${start.scrollback ?? 65_536}\n`);
    return line.on("close", () => this.open--);
  }

  /**
   * Port 7 says what it hears, and ends when that ends; 19 speaks without an end and hears nothing; 5 breaks at the first
   * word; nothing listens on others.
   */
  async port(ref: string, port: number): Promise<Duplex> {
    this.#check(ref);
    const params = { guest: ref, port };
    if (![5, 7, 19].includes(port)) throw new LodgeError("port.refused", { ...params, reason: "no" });
    this.open++;
    const line =
      port === 7
        ? new PassThrough()
        : new Duplex({
            read() {
              if (port === 19) this.push(Buffer.alloc(65_536));
            },
            write(_bytes, _encoding, done) {
              if (port === 5) done(new LodgeError("port.broken", { ...params, reason: "reset" }));
            },
          });
    return line.on("close", () => this.open--);
  }

  async fileOut(ref: string, start: FileStart, _signal: AbortSignal): Promise<Readable> {
    this.#check(ref);
    const content = this.files.get(start.path);
    if (!content) throw new LodgeError("agent.file", { path: start.path, reason: "no such file" });
    this.open++;
    const stream = Readable.from(pieces(content), { objectMode: false });
    return stream.on("close", () => this.open--);
  }

  async fileIn(ref: string, start: FileStart, content: Readable, _signal: AbortSignal): Promise<void> {
    this.#check(ref);
    if (start.path === "/read-only") {
      throw new LodgeError("agent.file", { path: start.path, reason: "read-only file system" });
    }
    this.open++;
    try {
      this.files.set(start.path, await buffer(content));
    } finally {
      this.open--;
    }
  }
}

function outputOf(name: string, bytes: number, stdin: PassThrough, command: FakeCommand): Readable {
  if (name === "cat" || name === "shell") return stdin.pipe(new PassThrough());
  if (name === "both") return Readable.from([Buffer.from("to stdout")], { objectMode: false });
  if (name === "produce" || name === "cut") return produce(bytes, command);
  return new Readable({ read: () => undefined });
}

/** Bytes that count upwards modulo 251, made only when they are asked for. */
function produce(bytes: number, command: FakeCommand): Readable {
  const piece = Buffer.from(Array.from({ length: 251 * 256 }, (_, index) => index % 251));
  return new Readable({
    read() {
      const size = Math.min(piece.length, bytes - command.produced);
      command.produced += size;
      this.push(size > 0 ? piece.subarray(0, size) : null);
    },
  });
}

function* pieces(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 200_000) yield content.subarray(at, at + 200_000);
}

const forever = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
