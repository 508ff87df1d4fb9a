/** Where a command's words go: results to standard output, everything else to standard error. */
import { styleText } from "node:util";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** A line of the result. */
  print(line?: string): void;
  /** A line about the work, beside the result. */
  note(line?: string): void;
  /** Colours for standard output, where it shows any. */
  paint(style: Style, text: string): string;
  /** Colours for standard error. */
  paintNote(style: Style, text: string): string;
  /** Columns of standard output; none where it is no terminal. */
  readonly columns: number | undefined;
}

/** Does this stream show colours? NO_COLOR and TERM=dumb say no, FORCE_COLOR yes (no-color.org). */
function colours(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0";
  return stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** `streams` is read when it is used: opening this process's streams costs milliseconds. */
export function createTerminal(
  streams: Pick<Terminal, "stdin" | "stdout" | "stderr"> = process,
  env: NodeJS.ProcessEnv = process.env,
): Terminal {
  const paint = (stream: NodeJS.WriteStream, style: Style, text: string) =>
    text !== "" && colours(stream, env) ? styleText(style, text, { validateStream: false }) : text;
  return {
    get stdin() {
      return streams.stdin;
    },
    get stdout() {
      return streams.stdout;
    },
    get stderr() {
      return streams.stderr;
    },
    print: (line = "") => void streams.stdout.write(`${line}\n`),
    note: (line = "") => void streams.stderr.write(`${line}\n`),
    paint: (style, text) => paint(streams.stdout, style, text),
    paintNote: (style, text) => paint(streams.stderr, style, text),
    get columns() {
      return streams.stdout.isTTY ? streams.stdout.columns : undefined;
    },
  };
}
