import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { operationConformance } from "#durable/operation/conformance";
import { OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { MemoryStore } from "#durable/store/memory";
import type { Store } from "#durable/store/store";
import { FakeGuests, FakeTools, observe } from "../../../test/fakes/image-tools.ts";
import { defineDelete } from "./delete.ts";
import { findImage, imageKey, imageNameKey, type ImageRecord } from "./record.ts";

const id = "i0123456789";

async function putImage(store: Store, folder: string, name: string): Promise<void> {
  await mkdir(join(folder, id));
  await writeFile(join(folder, id, "disk.raw"), "disk");
  const record: ImageRecord = {
    id,
    name,
    description: "",
    labels: {},
    createdAt: "2030-01-01T00:00:00.000Z",
    source: { file: "/x" },
    kind: "disk",
    format: "raw",
    size: 1,
    stored: 0,
    agent: "none",
    cloudInit: false,
    firmware: ["bios"],
    path: join(folder, id, "disk.raw"),
    state: "ready",
  };
  const put = [{ key: imageKey(id), value: record }];
  await store.transact({
    put: name === id ? put : [...put, { key: imageNameKey("default", name), value: { image: id } }],
  });
}

for (const [what, name] of [
  ["image.delete", "web"],
  ["image.delete of one that was rebuilt", id],
] as const)
  operationConformance(what, async (store) => {
    const folder = await mkdtemp(join(tmpdir(), "images-"));
    await putImage(store, folder, name);
    return {
      define: () => defineDelete({ store, folder }, new FakeGuests(new FakeTools())),
      input: { image: id },
      targets: [`image:${id}`],
      observe: () => observe(store, folder),
      assertDone: async () => assert.deepEqual(await observe(store, folder), { keys: [], files: [] }),
      dispose: () => rm(folder, { recursive: true, force: true }),
    };
  });

describe("removing an image", () => {
  let folder = "";
  let store = new MemoryStore();
  let guests = new FakeGuests(new FakeTools());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "images-"));
    store = new MemoryStore();
    guests = new FakeGuests(new FakeTools());
    await putImage(store, folder, "web");
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const run = async () => {
    const definition = defineDelete({ store, folder }, guests);
    const registry = new OperationRegistry().add(definition);
    const engine = new OperationEngine({ store, registry, clock: systemClock, log: silentLog, pauses: [] });
    await engine.recover();
    const { completion } = await engine.start(definition, { image: id }, { targets: [`image:${id}`] });
    return completion;
  };

  it("is refused while somebody stands on it, by name", async () => {
    guests.users.set(id, ["a", "b", "c", "d", "e", "f", "g"]);
    const before = await observe(store, folder);
    const { error } = await run();
    assert.equal(error?.message, "Image 'web' is used by a, b, c, d, e and 2 more.");
    assert.deepEqual(await observe(store, folder), before);
  });

  it("is undone where a use was recorded just before it was withdrawn", async () => {
    const before = await observe(store, folder);
    guests.asked = () => guests.users.set(id, ["late"]);
    const { error } = await run();
    assert.equal(error?.code, "image.in_use");
    assert.deepEqual(await observe(store, folder), before);
    assert.deepEqual(await readdir(join(folder, id)), ["disk.raw"]);
  });

  it("lets no use begin once it is withdrawn: the revision that a use compares has changed", async () => {
    const { revision } = await findImage(store, "web", "default");
    const use = () =>
      store.transact({ compare: [{ key: imageKey(id), revision }], put: [{ key: "guests/g1", value: {} }] });
    let late: unknown;
    let times = 0;
    guests.asked = () => {
      if (++times === 2)
        late = use().then(
          () => "used",
          (error: unknown) => error,
        );
    };
    assert.equal((await run()).status, "succeeded");
    assert.equal(((await late) as { code?: string }).code, "store.conflict");
    await assert.rejects(findImage(store, "web", "default"), { code: "image.not_found" });
  });
});
