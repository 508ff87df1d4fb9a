/** Does what a process was told is written stand in the file, when the process is killed or the disk is full? */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { exec } from "#base/exec";
import { openSqliteStore } from "./sqlite.ts";
import { put } from "./update.ts";

let folder = "";
before(async () => void (folder = await mkdtemp(join(tmpdir(), "lodge-crash-"))));
after(() => rm(folder, { recursive: true, force: true }));

/** Four writers at once put pairs of keys that must always be equal, and say what they were promised. */
const writer = `
  const { openSqliteStore } = await import(${JSON.stringify(new URL("./sqlite.ts", import.meta.url).href)});
  const store = await openSqliteStore(process.argv[1]);
  for (const name of ["a", "b", "c", "d"]) {
    void (async () => {
      for (let i = 1; ; i++) {
        await store.transact({
          put: [{ key: name + "/left", value: { i } }, { key: name + "/right", value: { i, pad: "x".repeat(3000) } }],
        });
        process.stdout.write(name + " " + i + "\\n");
      }
    })();
  }
`;

/** Writes until it is refused, then says how often it was promised something and with which code it ended. */
const filler = `
  const { openSqliteStore } = await import(${JSON.stringify(new URL("./sqlite.ts", import.meta.url).href)});
  const store = await openSqliteStore(process.argv[1]);
  let done = 0;
  try {
    for (;; done++) await store.transact({ put: [{ key: "k/" + done, value: "x".repeat(3000) }] });
  } catch (error) {
    console.log(JSON.stringify({ done, code: error.code, readable: (await store.list("k/")).items.length }));
  }
  process.exit();
`;

async function writeUntilKilled(path: string, promises: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", writer, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const promised = new Map<string, number>();
  let lines = 0;
  for await (const line of createInterface(child.stdout)) {
    const [name, i] = line.split(" ");
    promised.set(name!, Number(i));
    if (++lines === promises) child.kill("SIGKILL");
  }
  if (child.signalCode === null && child.exitCode === null) await once(child, "exit");
  assert.equal(child.signalCode, "SIGKILL");
  return promised;
}

test("a process killed while it writes has lost nothing it was promised, and left nothing half done", async () => {
  const path = join(folder, "lodge.db");
  for (const promises of [1, 57, 300]) {
    const promised = await writeUntilKilled(path, promises);
    assert.ok(promised.size > 0);
    const store = await openSqliteStore(path);
    for (const [name, i] of promised) {
      const left = (await store.get(`${name}/left`))?.value as { i: number };
      const right = (await store.get(`${name}/right`))?.value as { i: number };
      assert.ok(left.i >= i, `${name}: ${left.i} is there, ${i} was promised`);
      assert.equal(left.i, right.i);
    }
    await store.transact({
      delete: ["a/left", "a/right", "b/left", "b/right", "c/left", "c/right", "d/left", "d/right"],
    });
    await store.close();
  }
});

test("a file that can grow no more refuses what does not fit, keeps what did, and stays readable", async () => {
  const path = join(folder, "full.db");
  const script = ["--input-type=module", "-e", filler, path];
  const { stdout } = await exec("prlimit", ["--fsize=400000", process.execPath, ...script]);
  const { done, code, readable } = JSON.parse(stdout) as { done: number; code: string; readable: number };
  assert.ok(done > 5);
  assert.equal(code, "store.unavailable");
  assert.equal(readable, done);
  const store = await openSqliteStore(path);
  assert.equal((await store.list("k/")).items.length, done);
  await put(store, "k/more", 1);
  await store.close();
});
