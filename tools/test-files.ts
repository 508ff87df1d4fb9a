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
  /** It took longer than it may, and was ended. */
  readonly late: boolean;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told what is printed, as it is. */
  readonly said?: (bytes: Buffer) => void;
  /** Milliseconds that it may take. */
  readonly limit?: number;
  /** Milliseconds from when it is told to end to when it is ended. */
  readonly grace?: number;
}

/** Milliseconds that a file may take: more than twice what any has taken on a busy machine. */
const longest = 15 * 60_000;

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
  { env = {}, said = () => undefined, limit = longest, grace = 10_000 }: ProgramOptions = {},
): Promise<Printed> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    let output = "";
    let late = false;
    const take = (bytes: Buffer) => {
      output += bytes.toString();
      said(bytes);
    };
    const timers = [
      setTimeout(() => {
        late = true;
        take(Buffer.from(`${args.at(-1)} took longer than ${limit / 60_000} minutes and is ended\n`));
        child.kill("SIGTERM");
        // What it has started may keep its output open.
        timers.push(setTimeout(() => end(1), grace));
      }, limit),
    ];
    const end = (code: number) => {
      timers.forEach(clearTimeout);
      child.kill("SIGKILL");
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code, output, late });
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (error) => {
      take(Buffer.from(`${error.message}\n`));
      end(1);
    });
    child.on("close", (code) => end(late ? 1 : (code ?? 1)));
  });
}

export const runFiles = (
  files: readonly string[],
  more: readonly string[] = [],
  options?: ProgramOptions,
): Promise<Printed> => program(process.execPath, [...nodeFlags, ...more, ...files], options);

/** What node's summary says. A runner that died without one has failed, whatever it counted. */
export function outcomeOf({ code, output, late }: Printed, files: readonly string[]): Outcome {
  const number = (word: string) => Number(new RegExp(`^ℹ ${word} (\\d+)`, "m").exec(output)?.[1] ?? 0);
  const failed = number("fail") + number("cancelled");
  const told = [...output.matchAll(/^test at (\S+?):\d+:\d+\n✖ (.*?)(?: \([\d.]+ms\))?$/gm)].map(
    // The place that is told may be in a file that others share, which cannot be run by itself.
    ([, place = "", name = ""]) => ({ file: files.length === 1 ? files[0]! : place, name }),
  );
  const died = code !== 0 && failed === 0;
  const all = late ? "it took too long, and was ended" : "all of it";
  return {
    passed: number("pass"),
    skipped: number("skipped") + number("todo"),
    failed: died ? 1 : failed,
    failures: told.length > 0 || code === 0 ? told : files.map((file) => ({ file, name: all })),
  };
}
