import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { HostStore } from "#durable/store/host-store";
import { MemoryStore } from "#durable/store/memory";
import { memberKey } from "../member/record.ts";
import { isHeldElsewhere } from "./held-by.ts";
import { collectLayers, layerKey, type Layer } from "./layer.ts";

const names = ["h1", "h2", "h3"];

describe("a layer in a pool that hosts share", () => {
  let home: string;
  let file: string;
  let all: MemoryStore;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "lodge-held-"));
    await mkdir(join(home, "pool"));
    file = join(home, "pool", "l1.qcow2");
    await writeFile(file, "what is on it");
    all = new MemoryStore();
    await all.transact({ put: names.map((id) => ({ key: memberKey(id), value: { id, joinedAt: 1 } })) });
  });
  afterEach(() => rm(home, { recursive: true }));

  const storeOf = (host: string) => new HostStore({ store: all, host });
  const linkOf = (host: string) => join(home, host, "l1.qcow2");
  async function has(host: string, elsewhere = true): Promise<HostStore> {
    await mkdir(join(home, host));
    await symlink(file, linkOf(host));
    const store = storeOf(host);
    const layer: Layer = { id: "l1", path: linkOf(host), format: "qcow2", createdAt: "" };
    const value = elsewhere ? { ...layer, elsewhere } : layer;
    await store.transact({ put: [{ key: layerKey("l1"), value }] });
    return store;
  }
  const collect = (store: HostStore) => collectLayers(store, async () => []);

  it("loses its file with the last host that lets go of it, and before that a link alone", async () => {
    const [one, two] = [await has("h1"), await has("h2")];
    assert.equal(await isHeldElsewhere(one, layerKey("l1")), true);
    await collect(one);
    assert.deepEqual([existsSync(file), existsSync(linkOf("h1"))], [true, false]);
    assert.equal(await one.get(layerKey("l1")), undefined);
    assert.equal(await isHeldElsewhere(two, layerKey("l1")), false);
    await collect(two);
    assert.deepEqual([existsSync(file), await two.get(layerKey("l1"))], [false, undefined]);
  });

  it("loses it once where all let go of it at the same moment", async () => {
    for (let round = 0; round < 10; round++) {
      await writeFile(file, "again");
      const stores = await Promise.all(names.map((name) => has(name)));
      await Promise.all(stores.map(collect));
      assert.equal(existsSync(file), false);
      for (const [at, store] of stores.entries()) {
        assert.equal(await store.get(layerKey("l1")), undefined);
        await rm(join(home, names[at]!), { recursive: true });
      }
    }
  });

  it("is nobody else's where that one has a copy of its own under its id", async () => {
    const one = await has("h1");
    await has("h2", false);
    await collect(one);
    assert.equal(existsSync(file), false);
  });

  it("stays where its host is in no cluster any more, and cannot ask", async () => {
    const one = await has("h1");
    await all.transact({ delete: names.map(memberKey) });
    await collect(one);
    assert.deepEqual([existsSync(file), existsSync(linkOf("h1"))], [true, false]);
  });
});
