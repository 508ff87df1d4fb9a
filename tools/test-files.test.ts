import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { outcomeOf, program, runFiles } from "./test-files.ts";

describe("files of tests", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "lodge-test-files-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A file of tests, and what comes of it. */
  async function outcome(name: string, body: string, limit?: number) {
    const file = join(folder, `${name}.test.mjs`);
    writeFileSync(file, `import { test } from "node:test";\n${body}\n`);
    // As by hand: a runner that is run by another tells that one, not whoever reads.
    const env = { NODE_TEST_CONTEXT: undefined };
    return outcomeOf(await runFiles([file], [], { env, ...(limit === undefined ? {} : { limit }) }), [file]);
  }

  it("are counted, and those that fail are named", async () => {
    const body = `test("a", () => {}); test("b", () => { throw new Error("no"); }); test("c", { todo: true }, () => {});`;
    const { passed, failed, skipped, failures } = await outcome("some", body);
    assert.deepEqual([passed, failed, skipped], [1, 1, 1]);
    assert.deepEqual(
      failures.map(({ name }) => name),
      ["b"],
    );
  });

  it("that die have failed", async () => {
    const { failed, failures } = await outcome("dying", "process.exit(3);");
    assert.equal(failed, 1);
    assert.match(failures[0]!.file, /dying\.test\.mjs$/);
  });

  it("that hang are ended after their time, and named", async () => {
    const { failed, failures } = await outcome("hanging", `test("for ever", () => { for (;;); });`, 1500);
    assert.ok(failed > 0);
    assert.match(failures[0]!.file, /hanging\.test\.mjs$/);
  });

  it("are ended whatever keeps their output open", async () => {
    const left = "trap '' TERM; sleep 30 & echo $!; wait";
    const { code, output, late } = await program("sh", ["-c", left], { limit: 200, grace: 100 });
    process.kill(Number.parseInt(output, 10));
    assert.deepEqual([code, late], [1, true]);
  });
});
