import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { systemClock } from "#base/clock";
import type { Operation } from "#contract/operation";
import { operationConformance, type OperationWorld } from "#durable/operation/conformance";
import type { AnyOperation } from "#durable/operation/define";
import { MemoryStore } from "#durable/store/memory";
import type { Store } from "#durable/store/store";
import { FakeGuests, FakeTools, observe } from "../../../test/fakes/image-tools.ts";
import { defineBuild } from "./build.ts";
import { defineCreate } from "./create.ts";
import { defineImport } from "./import.ts";
import { requireFreeName, type MakeParts } from "./make.ts";
import { definePull, pullInput } from "./pull.ts";
import { findImage, imageKey, imageNamed, imageNameKey, type ImageRecord } from "./record.ts";

type Define = (parts: MakeParts, tools: FakeTools) => AnyOperation;

/** What stands in the store before an image is made again. */
async function earlier(store: Store, folder: string): Promise<ImageRecord> {
  const record: ImageRecord = {
    id: "i000000000a",
    name: "debian-13",
    description: "",
    labels: {},
    createdAt: "2030-01-01T00:00:00.000Z",
    kind: "disk",
    format: "raw",
    size: 1,
    stored: 0,
    agent: "lodge",
    cloudInit: true,
    firmware: ["bios"],
    source: { recipe: "debian-13", digest: "older" },
    path: join(folder, "i000000000a", "disk.raw"),
    state: "ready",
  };
  const put = [
    { key: imageKey(record.id), value: record },
    { key: imageNameKey("default", record.name), value: { image: record.id } },
  ];
  await store.transact({ put });
  return record;
}

const world =
  (
    define: Define,
    input: unknown,
    name: string,
    before: typeof earlier | typeof sent | undefined = undefined,
  ) =>
  async (store: Store): Promise<OperationWorld> => {
    const folder = await mkdtemp(join(tmpdir(), "images-"));
    const old = await before?.(store, folder);
    return {
      define: () => define({ store, folder, clock: systemClock }, new FakeTools()),
      input,
      targets: [`image-name:${name}`],
      observe: () => observe(store, folder),
      async assertDone(operation: Operation) {
        const { image } = await findImage(store, name, "default");
        assert.deepEqual(operation.result, { image: image.id });
        assert.equal(await readFile(image.path, "utf8"), image.description);
        assert.equal(image.kernel, join(folder, image.id, "vmlinuz"));
        assert.deepEqual(await readdir(folder), [image.id]);
        if (!old) return;
        const kept = await findImage(store, old.id, "default");
        assert.deepEqual(kept.image, { ...old, name: old.id });
      },
      dispose: () => rm(folder, { recursive: true, force: true }),
    };
  };

const key = new Uint8Array(32);

const build: Define = (parts, tools) => defineBuild(parts, tools);
operationConformance("image.build", world(build, { recipe: "debian-13" }, "debian-13"));
operationConformance(
  "image.build of a changed recipe",
  world(build, { recipe: "debian-13" }, "debian-13", earlier),
);
operationConformance(
  "image.import",
  world((parts, tools) => defineImport(parts, tools), { path: "/srv/x.qcow2" }, "x"),
);

/** What the store has of a file that was sent here goes with the image's appearance, and not before. */
async function sent(store: Store): Promise<undefined> {
  await store.transact({ put: [{ key: "uploads/u0123456789", value: {} }] });
}
const staged = { file: "Sent.qcow2", key: "uploads/u0123456789" };
operationConformance("image.import of a file that was sent", async (store) => {
  const define: Define = (parts, tools) => defineImport(parts, tools);
  const made = await world(define, { path: "/srv/u0123456789", staged }, "sent", sent)(store);
  return {
    ...made,
    async assertDone(operation) {
      await made.assertDone(operation);
      assert.equal(await store.get(staged.key), undefined);
    },
  };
});
operationConformance(
  "image.pull",
  world(
    (parts, tools) => definePull({ ...parts, key }, tools),
    pullInput({ url: "https://example.com/a/y.img" }, "default", key),
    "y",
  ),
);
operationConformance(
  "image.pull as an earlier version began it",
  world((parts, tools) => definePull({ ...parts, key }, tools), { url: "https://example.com/a/y.img" }, "y"),
);
operationConformance(
  "image.create",
  world(
    (parts, tools) => defineCreate(parts, new FakeGuests(tools)),
    { guest: "g0123456789", name: "z" },
    "z",
  ),
);

describe("the name of an image to be made", () => {
  it("has to be free, and is that of a ready image only", async () => {
    const store = new MemoryStore();
    await requireFreeName(store, "default", "debian-13");
    const { id } = await earlier(store, "/images");
    await assert.rejects(requireFreeName(store, "default", "debian-13"), { code: "image.name_taken" });
    assert.equal((await imageNamed(store, "default", "debian-13"))?.image.id, id);
    assert.equal(await imageNamed(store, "default", id), undefined);
    await store.close();
  });
});
