import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach, describe, it } from "node:test";
import { MemoryStore } from "#durable/store/memory";
import { DiskKeys } from "../volume/disk-key.ts";
import { layerKey, type Layer } from "../volume/layer.ts";
import { keyedChain, openableDisk } from "./disk-plan.ts";
import { layersOver, newLayerIds, newSecrets } from "./next-layers.ts";

const keys = new DiskKeys(randomBytes(32));
const layer = (id: string, more: Partial<Layer> = {}): Layer => ({
  id,
  path: `/layers/${id}.qcow2`,
  format: "qcow2",
  createdAt: "",
  ...more,
});
const encrypted = (id: string, below?: string): Layer =>
  layer(id, { secret: keys.make(id), ...(below === undefined ? {} : { below }) });

describe("an encrypted disk", () => {
  let store: MemoryStore;
  const parts = () => ({ store, diskKeys: keys });
  const disk = { id: "disk0", bus: "virtio-blk", format: "qcow2", size: 1, encrypted: true } as const;
  const layers = [layer("base", { image: "i1" }), encrypted("one", "base"), encrypted("two", "one")];
  beforeEach(async () => {
    store = new MemoryStore();
    await store.transact({ put: layers.map((each) => ({ key: layerKey(each.id), value: each })) });
  });

  it("is opened by all its files, each encrypted one with its own key, which the plan has not", async () => {
    const { plan, secrets } = await openableDisk(parts(), "g1", { ...disk, layer: "two" });
    assert.deepEqual(
      plan.chain!.map(({ node, secret }) => [node, secret]),
      [
        ["disk0-two", "two-key"],
        ["disk0-one", "one-key"],
        ["disk0-base", undefined],
      ],
    );
    assert.deepEqual(
      secrets.map(({ id }) => id),
      ["two-key", "one-key"],
    );
    assert.notEqual(secrets[0]!.data, secrets[1]!.data);
    assert.ok(!secrets.some(({ data }) => JSON.stringify(plan).includes(data)));
    assert.deepEqual(
      (await keyedChain(parts(), "two"))!.map(({ key }) => key?.data),
      [...secrets.map(({ data }) => data), undefined],
    );
  });

  it("is not spelled out where it is plain", async () => {
    const { plan, secrets } = await openableDisk(parts(), "g1", { ...disk, encrypted: false, layer: "base" });
    assert.deepEqual([plan.chain, secrets], [undefined, []]);
    assert.equal(await keyedChain(parts(), "base"), undefined);
  });

  it("is refused in clear words where its key is gone, or is another's", async () => {
    const open = () => openableDisk(parts(), "g1", { ...disk, layer: "two" });
    const put = (value: Layer) => store.transact({ put: [{ key: layerKey("two"), value }] });
    await put(layer("two", { below: "one" }));
    await assert.rejects(open(), { code: "volume.key_missing" });
    await put(layer("two", { below: "one", secret: keys.make("another") }));
    await assert.rejects(open(), { code: "store.secret_unreadable" });
  });

  it("has a key made for each layer that is put over an encrypted one, and for no other", async () => {
    const tops = { disk0: "two", disk1: "base" };
    const ids = newLayerIds(tops);
    const secrets = await newSecrets(parts(), tops, ids);
    const next = layersOver({ folder: "/layers", createdAt: "", secrets }, tops, ids);
    assert.deepEqual(Object.keys(secrets), ["disk0"]);
    assert.equal(next["disk1"]!.secret, undefined);
    const key = keys.open(next["disk0"]!);
    assert.ok(key !== undefined && key !== keys.open(layers[2]!));
  });
});
