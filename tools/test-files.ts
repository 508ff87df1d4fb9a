/** Runs test files by node's runner, and tells what came of them. */
import { spawn } from "node:child_process";

export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  /** The tests that failed, each once, with the file that it is in. */
  failures: { readonly file: string; readonly name: string }[];
}

export interface Printed {
  readonly code: number;
  readonly output: string;
}

/** Milliseconds for one file, and for all unit tests together. */
const limit = 20 * 60_000;

const nodeFlags = [
  "--disable-warning=ExperimentalWarning",
  "--experimental-ffi",
  "--test",
  "--test-reporter=spec",
];

/** A program to its end, what it says on either channel as one text; one that takes too long is ended. */
export function program(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  said: (bytes: Buffer) => void = () => undefined,
): Promise<Printed> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    let output = "";
    const take = (bytes: Buffer) => {
      output += bytes.toString();
      said(bytes);
    };
    const timer = setTimeout(() => {
      take(Buffer.from(`${args.at(-1)} took longer than ${limit / 60_000} minutes and was ended\n`));
      child.kill("SIGTERM");
    }, limit);
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => {
      clearTimeout(timer);
      take(Buffer.from(`${error.message}\n`));
      resolve({ code: 1, output });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output });
    });
  });
}

export const runFiles = (
  files: readonly string[],
  more: readonly string[] = [],
  env?: Readonly<Record<string, string>>,
  said?: (bytes: Buffer) => void,
): Promise<Printed> => program(process.execPath, [...nodeFlags, ...more, ...files], env, said);

/** What node's summary says. A runner that died without one has failed, whatever it counted. */
export function outcomeOf({ code, output }: Printed, files: readonly string[]): Outcome {
  const number = (word: string) => Number(new RegExp(`^ℹ ${word} (\\d+)`, "m").exec(output)?.[1] ?? 0);
  const failed = number("fail") + number("cancelled");
  const told = [...output.matchAll(/^test at (\S+?):\d+:\d+\n✖ (.*?)(?: \([\d.]+ms\))?$/gm)].map(
    // The place that is told may be in a file that others share, which cannot be run by itself.
    ([, place = "", name = ""]) => ({ file: files.length === 1 ? files[0]! : place, name }),
  );
  const died = code !== 0 && failed === 0;
  return {
    passed: number("pass"),
    skipped: number("skipped") + number("todo"),
    failed: died ? 1 : failed,
    failures: told.length > 0 || code === 0 ? told : files.map((file) => ({ file, name: "all of it" })),
  };
}
