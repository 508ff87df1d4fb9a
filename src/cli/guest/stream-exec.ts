/**
 * A command in a guest on this process's own streams: input, output, signals, the terminal's size, exit code.
 *
 * The terminal is in raw mode while the command has it, and is put back however this process ends.
 */
import { constants } from "node:os";
import { finished, pipeline } from "node:stream/promises";
import { asLodgeError } from "#contract/errors";
import type { ExecStart } from "#contract/stream";
import type { RemoteCommand } from "#client/stream/exec";
import type { Context } from "../context.ts";
import { commandExitCodeOf } from "../exit-code.ts";
import { report } from "../report.ts";
import { rawMode, watchKeys } from "../raw-mode.ts";

export interface StreamOptions {
  readonly tty: boolean;
  /** Hand on standard input; without it the command's input is empty. */
  readonly input: boolean;
}

/** @returns the command's exit code; 125, 126 or 127 where Lodge could not run it */
export async function streamExec(
  context: Context,
  guest: string,
  start: Omit<ExecStart, "type" | "tty">,
  options: StreamOptions,
): Promise<number> {
  const { client, terminal, verbose } = context;
  const abort = new AbortController();
  try {
    const tty = options.tty
      ? { tty: { ...terminalSize(context), term: process.env["TERM"] || "xterm" } }
      : {};
    const remote = await client.exec(guest, { ...start, ...tty }, { signal: abort.signal });
    return await attach(context, remote, options, () => abort.abort(new Left()));
  } catch (thrown) {
    if (thrown instanceof Left) return left(context, guest);
    const error = asLodgeError(thrown);
    report(error, terminal, { verbose });
    return commandExitCodeOf(error);
  }
}

/** The user pressed the way out. */
class Left extends Error {}

function left({ terminal }: Context, guest: string): number {
  terminal.note(`\nLeft ${guest}; what ran there was hung up.`);
  return 128 + constants.signals.SIGHUP;
}

const terminalSize = ({ terminal: { stdout } }: Context) => ({
  rows: Math.max(1, stdout.rows || 24),
  cols: Math.max(1, stdout.columns || 80),
});

async function attach(
  context: Context,
  remote: RemoteCommand,
  { tty, input }: StreamOptions,
  leave: () => void,
): Promise<number> {
  const { stdin, stdout, stderr } = context.terminal;
  const release = tty ? takeTerminal(context, remote) : forwardSignals(remote);
  const raw = tty ? rawMode(stdin) : undefined;
  try {
    const output = Promise.all([copy(remote.stdout, stdout), copy(remote.stderr, stderr)]);
    if (tty) stdin.pipe(watchKeys({ times: 3 }, leave)).pipe(remote.stdin);
    else if (input) pipeline(stdin, remote.stdin).catch(() => undefined);
    else remote.stdin.end();
    // What had come is written out, also before an error is told.
    await Promise.allSettled([remote.exit, output]);
    const [exit] = await Promise.all([remote.exit, output]);
    return exit.signal === undefined ? exit.code : 128 + signalNumber(exit.signal);
  } finally {
    raw?.restore();
    release();
    stdin.unpipe();
    stdin.pause();
    // A file as input has no handle to let go of.
    stdin.unref?.();
  }
}

const signalNumber = (name: string): number => constants.signals[name as NodeJS.Signals] ?? 0;

/** Copies without ending the destination. Whoever reads our output and leaves is no error of ours. */
async function copy(source: NodeJS.ReadableStream, destination: NodeJS.WriteStream): Promise<void> {
  source.pipe(destination, { end: false });
  await finished(source);
}

/** The guest's terminal follows the size of ours. */
function takeTerminal(context: Context, remote: RemoteCommand): () => void {
  const { stdout } = context.terminal;
  const resize = () => {
    const { rows, cols } = terminalSize(context);
    remote.resize(rows, cols);
  };
  stdout.on("resize", resize);
  return () => stdout.off("resize", resize);
}

const forwarded = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

function forwardSignals(remote: RemoteCommand): () => void {
  const hand = (signal: NodeJS.Signals) => remote.kill(signal);
  for (const signal of forwarded) process.on(signal, hand);
  return () => {
    for (const signal of forwarded) process.off(signal, hand);
  };
}
