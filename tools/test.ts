/**
 * `npm test`: types, lint, format, unit tests, laws, then what runs real programs and boots guests. Fast
 * first, so that a mistake is told in seconds. Ends with one line that sums all of it up.
 *
 *   npm test                 everything
 *   npm test -- unit         only what boots nothing
 *   npm test -- vm PATTERN   only files of test/vm whose path contains PATTERN
 *   npm test -- etcd PATTERN      only files of test/etcd whose path contains PATTERN
 *   npm test -- cluster PATTERN   only files of test/cluster whose path contains PATTERN
 *   npm test -- security     only the attacks of test/security, which need root
 */
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outcomeOf, program, runFiles, type Outcome } from "./test-files.ts";
import { ensureWeb } from "./web.ts";

process.chdir(join(import.meta.dirname, ".."));
// Every test is a process, and starts many: what they are made of is stripped of its types and compiled once.
process.env["NODE_COMPILE_CACHE"] ??= join(process.cwd(), ".cache/compiled");

const total: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [] };
/** Files that failed, and passed when they were run again: each has a mistake, or Lodge has. */
const unsteady: Outcome["failures"] = [];

/** Files with the seconds that each took. */
const took: [file: string, seconds: number][] = [];

const said = (bytes: Buffer) => void process.stdout.write(bytes);

/** A check that passes or fails as a whole. */
async function check(name: string, command: string, args: readonly string[]): Promise<void> {
  console.log(`\n── ${name}`);
  const { code } = await program(command, args, { said });
  if (code === 0) total.passed++;
  else {
    total.failed++;
    total.failures.push({ file: command, name });
  }
}

/** Adds up what was run, and runs files once more that failed: what fails twice is broken. */
async function add(first: Outcome, env: Readonly<Record<string, string>> = {}): Promise<void> {
  total.passed += first.passed;
  total.skipped += first.skipped;
  for (const file of new Set(first.failures.map((failure) => failure.file))) {
    console.log(`\n── ${file}, once more`);
    const second = outcomeOf(await runFiles([file], [], { env, said, ...limitOf(file) }), [file]);
    const failures = first.failures.filter((failure) => failure.file === file);
    total.failed += second.failed;
    total.failures.push(...second.failures);
    if (second.failed > 0) continue;
    total.passed += failures.length;
    unsteady.push(...failures);
  }
}

/** Files that failed beside others: they are run once more when all are done, since the machine's other work is in their times. */
const failed: Outcome[] = [];

/** Runs one after another until none is left: of several lanes, each takes the next. */
async function lane(waiting: string[], env: Readonly<Record<string, string>>): Promise<void> {
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const began = Date.now();
    const printed = await runFiles([file], [], { env, ...limitOf(file) });
    const seconds = (Date.now() - began) / 1000;
    took.push([file, seconds]);
    console.log(`\n── ${file}, ${seconds.toFixed(1)} s\n${printed.output.trimEnd()}`);
    const outcome = outcomeOf(printed, [file]);
    if (outcome.failed === 0) await add(outcome);
    else failed.push(outcome);
  }
}

async function units(): Promise<void> {
  await check("types", "tsc", ["--noEmit"]);
  await check("types of the web interface", "tsc", ["--noEmit", "-p", "web"]);
  await check("lint", "oxlint", ["--quiet"]);
  await check("format", "oxfmt", ["--check"]);
  const files = globSync([
    "src/**/*.test.ts",
    "web/**/*.test.ts",
    "test/fakes/**/*.test.ts",
    "test/cli/**/*.test.ts",
    "test/cluster/*/**/*.test.ts",
    "test/laws/*.test.ts",
    "tools/**/*.test.ts",
  ]).toSorted();
  console.log("\n── unit tests and laws");
  await add(outcomeOf(await runFiles(files, ["--test-concurrency=2"], { said, limit: 20 * 60_000 }), files));
}

/** Files at a time: of two, both often wait, and processors stand still; of more, those that have to be in time are late. */
const lanes = 3;

/**
 * They make images and the parked desktop that others take: begun beside the unit tests, which leave a processor much to do, they have
 * nobody wait for them.
 */
const makers = ["test/vm/console/xfce.test.ts", "test/vm/image/build.test.ts"];

/** Those that take minutes begin first among those of their folder: one that is begun last runs on alone. */
const long = /^test\/(web\/pages|vm\/guest\/operations|vm\/template\/stale)\./;

/** Milliseconds that a file may take which builds the image of a desktop and boots it once, where without KVM others do so beside it. */
const desktopLimit = 30 * 60_000;
const limitOf = (file: string): { readonly limit?: number } =>
  /^test\/vm\/(console\/xfce(-home)?|desktop\/walk)\./.test(file) ? { limit: desktopLimit } : {};

/** Spreads the files of one list among those of the other: they wait for most of their time, where the others compute. None is begun at the end. */
function spread(files: readonly string[], waiting: readonly string[]): string[] {
  const placed = [
    ...files.map((file, at) => ({ file, place: at / files.length })),
    ...waiting.map((file, at) => ({ file, place: (0.9 * at) / waiting.length })),
  ];
  return placed.toSorted((a, b) => a.place - b.place).map(({ file }) => file);
}

/** The files of a folder of tests. */
function filesOf(folder: string, pattern = ""): string[] {
  const files = globSync(`test/${folder}/**/*.test.ts`).filter((file) => file.includes(pattern));
  const rank = (file: string) => Number(!long.test(file));
  return files.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

const [only, pattern] = process.argv.slice(2);
const everything = only === undefined;
const files = [
  // The pages take as long as all that only asks the API.
  ...(everything || only === "unit" ? [...filesOf("web"), ...filesOf("api")] : []),
  ...(everything || only === "vm" ? filesOf("vm", pattern) : []),
  ...(everything || only === "etcd" ? filesOf("etcd", pattern) : []),
  ...(everything || only === "security" ? filesOf("security", pattern) : []),
];
// Each is several hosts by itself; those in folders are unit tests of what makes them.
const clusters = (everything || only === "cluster" ? filesOf("cluster", pattern) : []).filter(
  (file) => file.split("/").length === 3,
);
// Images and kernels made for tests are shared by the files of one run, never kept for the next.
const kept = process.env["LODGE_TEST_CACHE"];
const cache = kept ?? mkdtempSync(join(tmpdir(), "lodge-test-cache-"));
const env = { LODGE_TEST_CACHE: cache };
const waiting = spread(files, clusters);
const early = everything ? makers : [];
try {
  const begun = lane([...early], env);
  if (everything || only === "unit") await units();
  // Once for all; a test that needs it says what is wrong with it.
  if (files.some((file) => file.startsWith("test/web/"))) await ensureWeb().catch(() => undefined);
  const rest = waiting.filter((file) => !early.includes(file));
  const lanesOfRest = Array.from({ length: lanes }, async (_, at) => {
    if (at === 0) await begun;
    await lane(rest, env);
  });
  await Promise.all(lanesOfRest);
  for (const outcome of failed) await add(outcome, env);
} finally {
  if (kept === undefined) rmSync(cache, { recursive: true, force: true });
}
const slowest = took.toSorted(([, a], [, b]) => b - a).slice(0, 8);
if (took.length > slowest.length)
  console.log(
    `\nslowest: ${slowest.map(([file, seconds]) => `${file} ${Math.round(seconds)} s`).join(", ")}`,
  );
for (const { file, name } of unsteady)
  console.log(`\nunsteady: ${file} passed when it was run once more, after this had failed: ${name}`);
for (const { file, name } of total.failures) console.log(`\nfailed: ${file}: ${name}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;
