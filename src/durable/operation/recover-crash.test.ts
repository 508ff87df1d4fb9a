/** Is an operation undone whose process was killed in the middle of it? */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startEngine } from "./recover-crash-sample.ts";

let folder = "";
before(async () => void (folder = await mkdtemp(join(tmpdir(), "lodge-killed-"))));
after(() => rm(folder, { recursive: true, force: true }));

test("an operation whose process was killed is undone by the next", async () => {
  const path = join(folder, "lodge.db");
  const files = join(folder, "files");
  await mkdir(files);
  const script = `
    const { startAndHang } = await import(${JSON.stringify(new URL("./recover-crash-sample.ts", import.meta.url).href)});
    await startAndHang(${JSON.stringify(path)}, { folder: ${JSON.stringify(files)} });
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(child.stdout, "data");
    assert.deepEqual((await readdir(files)).toSorted(), ["first", "second"]);
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  const { store, engine, recovered } = await startEngine(path, false);
  assert.equal(recovered.length, 1);
  assert.equal(recovered[0]!.operation.step, "second");
  const ended = await recovered[0]!.completion;
  assert.equal(ended.status, "failed");
  assert.equal(ended.error?.code, "operation.interrupted");
  assert.deepEqual(await readdir(files), []);
  assert.equal(engine.holderOf("files:all"), undefined);
  await store.close();
});
