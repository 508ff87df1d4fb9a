import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { HostStore } from "#durable/store/host-store";
import { MemoryStore } from "#durable/store/memory";
import { Whereabouts } from "#durable/store/whereabouts";
import { WholeStore } from "#durable/store/whole-store";
import { dropLayer, layerKey } from "./layer.ts";

const id = "l0123456789";
let folder: string;
let path: string;
const all = new MemoryStore();
const [one, other] = ["h1", "h2"].map((host) => new HostStore({ store: all, host })) as [
  HostStore,
  HostStore,
];
const parts = { store: one, whole: new WholeStore(all, new Whereabouts()) };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodge-layer-"));
  for (const name of ["layers", "shared"]) await mkdir(join(folder, name));
  path = join(folder, "layers", `${id}.qcow2`);
  await writeFile(join(folder, "shared", `${id}.qcow2`), "what a guest writes to");
  await symlink(join(folder, "shared", `${id}.qcow2`), path);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  for (const store of [one, other]) await store.transact({ delete: [layerKey(id)] });
});
const files = async () => [await readdir(join(folder, "layers")), await readdir(join(folder, "shared"))];

describe("the file of a layer that came to nothing", () => {
  it("goes where nobody has recorded it", async () => {
    await dropLayer(parts, { id, path });
    assert.deepEqual(await files(), [[], []]);
  });

  for (const [words, store] of [
    ["this host", one],
    ["another host, which took its guest over,", other],
  ] as const)
    it(`stays where ${words} has it`, async () => {
      await store.transact({ put: [{ key: layerKey(id), value: { id, path } }] });
      await dropLayer(parts, { id, path });
      assert.deepEqual((await files())[1], [`${id}.qcow2`]);
    });
});
