import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, it } from "node:test";
import { MemoryStore } from "#durable/store/memory";
import { put } from "#durable/store/update";
import { clearAway } from "./clear-away.ts";

let home: string;
let all: MemoryStore;
let busy: string[];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "lodge-clear-"));
  all = new MemoryStore();
  busy = [];
  for (const id of ["g1", "g2", "g3"]) {
    await mkdir(join(home, "guests", id), { recursive: true });
    await writeFile(join(home, "guests", id, "x.state"), "");
  }
  await mkdir(join(home, "layers"));
  await mkdir(join(home, "pool"));
  for (const id of ["l1", "l2", "l3"]) {
    await writeFile(join(home, "pool", `${id}.qcow2`), "");
    await symlink(join(home, "pool", `${id}.qcow2`), join(home, "layers", `${id}.qcow2`));
  }
  await writeFile(join(home, "layers", "l4.qcow2"), "");
  // The first is here, the second there, the third nowhere.
  for (const key of ["guests/@h1/g1", "guests/@h2/g2", "layers/@h1/l1", "layers/@h2/l2", "layers/@h2/l4"])
    await put(all, key, {});
});
afterEach(async () => {
  await all.close();
  await rm(home, { recursive: true });
});

const clear = (before = Date.now() + 60_000) =>
  clearAway({
    all,
    host: "h1",
    places: { guests: join(home, "guests"), layers: join(home, "layers") },
    before,
    isBusy: (guest) => busy.includes(guest),
  });

it("takes the folder and the links of what another host has, and leaves where they lead to", async () => {
  const gone = await clear();
  assert.deepEqual(gone, [join(home, "guests", "g2"), join(home, "layers", "l2.qcow2")]);
  assert.deepEqual((await readdir(join(home, "guests"))).toSorted(), ["g1", "g3"]);
  // A file is no link: it may be the only one.
  assert.deepEqual((await readdir(join(home, "layers"))).toSorted(), ["l1.qcow2", "l3.qcow2", "l4.qcow2"]);
  assert.equal((await readdir(join(home, "pool"))).length, 3);
});

it("takes what it has of one that was taken over and is nowhere by now", async () => {
  await put(all, "host/@h1/left-behind/g3", { layers: ["l3"] });
  await put(all, "host/@h1/left-behind/g1", { layers: ["l1"] });
  busy = ["g2"];
  await clear();
  assert.deepEqual((await readdir(join(home, "guests"))).toSorted(), ["g1", "g2"]);
  assert.deepEqual((await readdir(join(home, "layers"))).toSorted(), ["l1.qcow2", "l4.qcow2"]);
  assert.deepEqual((await all.list("host/")).items, []);
});

it("leaves what is of a guest that is just coming", async () => {
  busy = ["g2"];
  assert.deepEqual(await clear(), [join(home, "layers", "l2.qcow2")]);
  busy = [];
  assert.deepEqual(await clear(Date.now() - 60_000), []);
});
