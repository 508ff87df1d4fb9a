/**
 * `npm test`: types, lint, format, unit tests, laws, then what boots guests, one file after another. Fast
 * first, so that a mistake is told in seconds. Ends with one line that sums all of it up.
 *
 *   npm test                 everything
 *   npm test -- unit         only what boots nothing
 *   npm test -- vm PATTERN   only files of test/vm whose path contains PATTERN
 */
import { spawn } from "node:child_process";
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const checkout = join(import.meta.dirname, "..");
process.chdir(checkout);

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const total: Count = { passed: 0, failed: 0, skipped: 0 };

/** Milliseconds for one file, and for all unit tests. */
const fileLimit = 20 * 60_000;

function run(
  command: string,
  args: readonly string[],
  limit: number,
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    let output = "";
    const timer = setTimeout(() => {
      console.log(`${args.at(-1)} took longer than ${limit / 60_000} minutes and was ended`);
      child.kill("SIGTERM");
    }, limit);
    child.stdout.on("data", (bytes: Buffer) => {
      output += bytes.toString();
      process.stdout.write(bytes);
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      console.log(error.message);
      resolve({ code: 1, output });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** A check that passes or fails as a whole. */
async function check(name: string, command: string, args: readonly string[]): Promise<void> {
  console.log(`\n── ${name}`);
  const { code } = await run(command, args, fileLimit);
  if (code === 0) total.passed++;
  else total.failed++;
}

const nodeFlags = [
  "--disable-warning=ExperimentalWarning",
  "--experimental-ffi",
  "--test",
  "--test-reporter=spec",
];

/** Runs test files together, and says what came of them. */
async function tests(
  files: readonly string[],
  more: readonly string[],
  env?: Record<string, string>,
): Promise<Count> {
  const { code, output } = await run(process.execPath, [...nodeFlags, ...more, ...files], fileLimit, env);
  const number = (word: string) => Number(new RegExp(`^ℹ ${word} (\\d+)`, "m").exec(output)?.[1] ?? 0);
  const failed = number("fail") + number("cancelled");
  return {
    passed: number("pass"),
    skipped: number("skipped") + number("todo"),
    // A runner that died without a summary has failed, whatever it counted.
    failed: code !== 0 && failed === 0 ? 1 : failed,
  };
}

function add({ passed, failed, skipped }: Count): void {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

/** Files that failed, and passed when they were run again: each has a mistake, or Lodge has. */
const unsteady: string[] = [];

/**
 * Runs files one after another that need real programs, whose times are the machine's. One that fails is run
 * once more: what fails twice is broken, what passes then is named at the end.
 */
async function oneByOne(files: readonly string[], env?: Record<string, string>): Promise<void> {
  for (const file of files) {
    console.log(`\n── ${file}`);
    const first = await tests([file], [], env);
    if (first.failed === 0) {
      add(first);
      continue;
    }
    console.log(`\n── ${file}, once more`);
    const second = await tests([file], [], env);
    if (second.failed === 0) unsteady.push(file);
    add(second);
  }
}

const [only, pattern = ""] = process.argv.slice(2);
if (only !== "vm") {
  await check("types", "tsc", ["--noEmit"]);
  await check("types of the web interface", "tsc", ["--noEmit", "-p", "web"]);
  await check("lint", "oxlint", ["--quiet"]);
  await check("format", "oxfmt", ["--check"]);
  const units = globSync([
    "src/**/*.test.ts",
    "web/**/*.test.ts",
    "test/fakes/**/*.test.ts",
    "test/cli/**/*.test.ts",
    "test/laws/*.test.ts",
    "tools/**/*.test.ts",
  ]).toSorted();
  console.log("\n── unit tests and laws");
  add(await tests(units, ["--test-concurrency=2"]));
  await oneByOne(globSync(["test/api/**/*.test.ts", "test/web/**/*.test.ts"]).toSorted());
}
if (only !== "unit") {
  // Images and kernels made for tests are shared by the files of one run, never kept for the next.
  const cache = process.env["LODGE_TEST_CACHE"] ?? mkdtempSync(join(tmpdir(), "lodge-test-cache-"));
  try {
    const files = globSync("test/vm/**/*.test.ts").filter((file) => file.includes(pattern));
    // What needs the full Debian image last: it takes longest.
    const slow = (file: string) => Number(file.includes("test/vm/image/") || file.includes("debian"));
    const slowLast = files.toSorted((a, b) => slow(a) - slow(b) || a.localeCompare(b));
    await oneByOne(slowLast, { LODGE_TEST_CACHE: cache });
  } finally {
    if (!process.env["LODGE_TEST_CACHE"]) rmSync(cache, { recursive: true, force: true });
  }
}
for (const file of unsteady) console.log(`\nunsteady: ${file} failed once, and passed when it was run again`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;
