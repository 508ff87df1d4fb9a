import type { Readable, Writable } from "node:stream";
import { stderr, stdout, type ExecStart } from "#contract/stream";
import type { Address } from "../address.ts";
import { Connection } from "./connection.ts";

/** A command that runs in a guest. Both outputs have to be read (or resumed): one that is full stops both. */
export interface RemoteCommand {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Empty where there is a terminal. */
  readonly stderr: Readable;
  resize(rows: number, cols: number): void;
  /** Sends a signal by name: "SIGINT". */
  kill(signal: string): void;
  /** Rejects with the server's error, or with api.daemon_lost. */
  readonly exit: Promise<{ readonly code: number; readonly signal?: string }>;
}

/** Aborting the signal hangs up: the command gets SIGHUP. */
export async function exec(
  address: Address,
  path: string,
  start: ExecStart,
  signal?: AbortSignal,
): Promise<RemoteCommand> {
  const connection = new Connection<"exit">(address, path, start, signal);
  const command = {
    stdin: connection.input(),
    stdout: connection.output(stdout),
    stderr: connection.output(stderr),
    resize: (rows: number, cols: number) => connection.send({ type: "resize", rows, cols }),
    kill: (name: string) => connection.send({ type: "signal", signal: name }),
    exit: connection.ended.then(({ code, signal: by }) =>
      by === undefined ? { code } : { code, signal: by },
    ),
  };
  // It is told by `started` as well; nobody has to wait for both.
  command.exit.catch(() => undefined);
  await connection.started;
  return command;
}
