import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openScene, type Scene } from "./lodge.ts";

let scene: Scene;
let folder: string;
before(async () => {
  scene = await openScene();
  folder = await mkdtemp(join(tmpdir(), "lodge-save-"));
});
after(async () => {
  await scene.close();
  await rm(folder, { recursive: true });
});

describe("lodge recording", () => {
  it("begins one, lists it, ends it by its guest, saves and removes it", async () => {
    const begun = await scene.lodge(["recording", "start", "db", "--for", "10m", "--size", "64M"]);
    assert.deepEqual([begun.code, begun.stdout], [0, "r0000000000\n"]);
    const [known] = scene.daemon.services.recordings.known.values();
    assert.deepEqual([known?.maxSeconds, known?.maxBytes], [600, 64 * 1024 ** 2]);
    const again = await scene.lodge(["recording", "start", "db"]);
    assert.equal(again.code, 4);
    assert.match(again.stderr, /lodge recording stop r0000000000/);
    const listed = await scene.lodge(["recording", "ls", "db"]);
    assert.match(listed.stdout, /^RECORDING .*\nr0000000000 +db +recording +\d+ s ago/);
    assert.equal((await scene.lodge(["recording", "ls", "web-1", "-q"])).stdout, "");
    const ended = await scene.lodge(["recording", "stop", "db"]);
    assert.match(ended.stdout, /^r0000000000 of db has ended: 10\.0 s, /);
    const file = join(folder, "db.lodgerec");
    const saved = await scene.lodge(["recording", "save", "r0000000000", file]);
    assert.equal(saved.code, 0, saved.stderr);
    const { path } = await scene.daemon.services.recordings.sample();
    assert.ok((await readFile(file)).equals(await readFile(path)));
    const shown = JSON.parse((await scene.lodge(["recording", "ls", "-f", "json"])).stdout) as unknown[];
    assert.equal(shown.length, 1);
    assert.equal((await scene.lodge(["recording", "rm", "r0000000000"])).code, 0);
    const none = await scene.lodge(["recording", "stop", "db"]);
    assert.match(none.stderr, /There is no recording 'db'/);
  });
});
