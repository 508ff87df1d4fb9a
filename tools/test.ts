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

/** Milliseconds for one file of test/vm. */
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

async function tests(
  name: string,
  files: readonly string[],
  more: readonly string[],
  limit: number,
  env?: Record<string, string>,
): Promise<void> {
  if (files.length === 0) return;
  console.log(`\n── ${name}`);
  const { code, output } = await run(process.execPath, [...nodeFlags, ...more, ...files], limit, env);
  const number = (word: string) => Number(new RegExp(`^ℹ ${word} (\\d+)`, "m").exec(output)?.[1] ?? 0);
  const failed = number("fail") + number("cancelled");
  total.passed += number("pass");
  total.skipped += number("skipped") + number("todo");
  // A runner that died without a summary has failed, whatever it counted.
  total.failed += code !== 0 && failed === 0 ? 1 : failed;
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
  await tests("unit tests and laws", units, ["--test-concurrency=2"], fileLimit);
  const api = globSync("test/api/**/*.test.ts").toSorted();
  await tests("the API, of a daemon whose QEMU is a stand-in", api, ["--test-concurrency=1"], fileLimit);
  const web = globSync("test/web/*.test.ts").toSorted();
  await tests("the web interface, in a browser", web, ["--test-concurrency=1"], fileLimit);
}
if (only !== "unit") {
  // Images and kernels made for tests are shared by the files of one run, never kept for the next.
  const cache = process.env["LODGE_TEST_CACHE"] ?? mkdtempSync(join(tmpdir(), "lodge-test-cache-"));
  try {
    const files = globSync("test/vm/**/*.test.ts").filter((file) => file.includes(pattern));
    // What needs the full Debian image last: it takes longest.
    const slow = (file: string) => Number(file.includes("test/vm/image/") || file.includes("debian"));
    for (const file of files.toSorted((a, b) => slow(a) - slow(b) || a.localeCompare(b))) {
      await tests(file, [file], ["--test-concurrency=1"], fileLimit, { LODGE_TEST_CACHE: cache });
    }
  } finally {
    if (!process.env["LODGE_TEST_CACHE"]) rmSync(cache, { recursive: true, force: true });
  }
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;
