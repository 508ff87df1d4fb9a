/** Which images a project may use, also of those that were made before there were projects. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryStore } from "#durable/store/memory";
import { findImage, imageKey, imageNameKey, toImage, type ImageRecord } from "./record.ts";

const record = (id: string, name: string, more: Partial<ImageRecord> = {}): ImageRecord => ({
  id,
  name,
  description: "",
  labels: {},
  createdAt: "2026-01-02T03:04:05.000Z",
  kind: "disk",
  format: "raw",
  size: 1,
  stored: 1,
  agent: "none",
  cloudInit: false,
  firmware: ["bios"],
  source: { file: "/x" },
  path: `/${id}`,
  state: "ready",
  ...more,
});

async function holding(...records: readonly ImageRecord[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const image of records) {
    const { project = "default", name, id } = image;
    await store.transact({
      put: [
        { key: imageKey(id), value: image },
        { key: imageNameKey(project, name), value: { image: id } },
      ],
    });
  }
  return store;
}

const [old, built, own, lent] = ["i000000000a", "i000000000b", "i000000000c", "i000000000d"];

describe("an image", () => {
  it("of when there were no projects is the default one's, and every project's where it was built from a recipe", async () => {
    const source = { recipe: "debian-13", digest: "d" };
    const store = await holding(record(old, "mine"), record(built, "debian-13", { source }));
    assert.equal((await findImage(store, "mine", "default")).image.id, old);
    await assert.rejects(findImage(store, "mine", "shop"), { code: "image.not_found" });
    await assert.rejects(findImage(store, old, "shop"), { code: "image.not_found" });
    const { image } = await findImage(store, "debian-13", "shop");
    assert.deepEqual([toImage(image).project, toImage(image).shared], ["default", true]);
  });

  it("of a project goes before one that is shared, and is no other's", async () => {
    const store = await holding(
      record(lent, "base", { project: "default", shared: true }),
      record(own, "base", { project: "shop", shared: false }),
    );
    assert.equal((await findImage(store, "base", "shop")).image.id, own);
    assert.equal((await findImage(store, "base", "lab")).image.id, lent);
    assert.equal((await findImage(store, lent, "shop")).image.id, lent);
    await assert.rejects(findImage(store, own, "lab"), { code: "image.not_found" });
  });
});
