/** Does the conformance suite find what is wrong with an operation? A suite that passes everything is worth nothing. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";

let folder = "";
before(async () => void (folder = await mkdtemp(join(tmpdir(), "lodge-suite-"))));
after(() => rm(folder, { recursive: true, force: true }));

const link = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);

/** A test file about an operation with these steps; `world` is a Map that stands for the world. */
const testFile = (steps: string) => `
  import assert from "node:assert/strict";
  import { operationConformance } from ${link("./conformance.ts")};
  import { defineOperation } from ${link("./define.ts")};
  operationConformance("it", async () => {
    const world = new Map();
    return {
      define: () => defineOperation({ kind: "world.change", steps: [${steps}] }),
      input: {},
      targets: ["world:1"],
      observe: async () => [...world],
      assertDone: async () => assert.equal(world.get("b"), 1),
    };
  });
`;

/** Runs the file and names the tests in it that failed. */
async function failuresOf(name: string, steps: string): Promise<string[]> {
  const path = join(folder, `${name}.test.mjs`);
  await writeFile(path, testFile(steps));
  const { NODE_TEST_CONTEXT: _inner, ...env } = process.env;
  const child = spawn(process.execPath, ["--test-reporter=tap", path], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = await text(child.stdout);
  assert.match(output, /^# pass [1-9]/m);
  return [...output.matchAll(/^ *not ok \d+ - (.*)$/gm)].map((match) => match[1]!);
}

const a = `{ name: "a", do: async () => void world.set("a", 1), undo: async () => void world.delete("a") }`;
const b = `{ name: "b", do: async () => void world.set("b", 1), undo: async () => void world.delete("b") }`;

describe("the conformance suite", () => {
  test("passes what is right", async () => {
    assert.deepEqual(await failuresOf("right", `${a}, ${b}`), []);
  });

  test("finds an undo that is missing", async () => {
    const failed = await failuresOf("missing", `{ name: "a", do: async () => void world.set("a", 1) }, ${b}`);
    assert.ok(failed.includes("a, after do"), failed.join("; "));
  });

  test("finds an undo that cannot run twice, or when nothing was done", async () => {
    const once = `{ name: "b", do: async () => void world.set("b", 1),
      undo: async () => { if (!world.delete("b")) throw new Error("it is not there"); } }`;
    const failed = await failuresOf("once", `${a}, ${once}`);
    assert.ok(failed.includes("b, before do"), failed.join("; "));
    assert.ok(failed.includes("b, after do"), failed.join("; "));
  });

  test("finds a step past the commit point that cannot run again", async () => {
    const fragile = `{ name: "b", do: async () => {
      if (world.has("b")) throw new Error("it is there already"); world.set("b", 1); } }`;
    const commit = `{ name: "commit", commitPoint: true, do: async () => {} }`;
    const failed = await failuresOf("fragile", `${a}, ${commit}, ${fragile}`);
    assert.ok(failed.includes("b, after do"), failed.join("; "));
  });
});
