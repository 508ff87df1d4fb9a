import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { hasCode, LodgeError } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import { placeOf } from "#durable/store/partition";
import { guestKey, guestNameKey, type GuestRecord } from "../../guest/record.ts";
import { beatKey } from "../../member/record.ts";
import { layerKey } from "../../volume/layer.ts";
import { volumeKey, type VolumeRecord } from "../../volume/record.ts";
import { incarnationKey } from "../incarnation.ts";
import { letGoOfLost, type LetGoParts } from "./let-go.ts";

const lost = { id: "h1", name: "one" };
const there = (key: string) => placeOf("h1", key);
const guest = {
  ...{ id: "g1", name: "office-1", project: "default", state: "running", nics: [] },
  disks: [
    { id: "disk0", bus: "virtio-blk", format: "qcow2", size: 1, layer: "l0" },
    { id: "disk1", bus: "virtio-scsi", format: "qcow2", size: 2, layer: "l1", volume: "v1" },
  ],
} as unknown as GuestRecord;

let store: MemoryStore;
let refused: string[];
let parts: LetGoParts;
beforeEach(async () => {
  store = new MemoryStore();
  refused = [];
  parts = {
    store,
    host: "h2",
    now: () => 0,
    events: { append: () => undefined },
    beatKey,
    addresses: () => ["addresses/n1/10.0.0.2"],
    refuse: async (_lost, { layers }) => {
      refused.push(...layers.map(({ id }) => id));
    },
  };
  const layer = (id: string) => ({
    key: there(layerKey(id)),
    value: { id, path: `/${id}`, format: "qcow2" },
  });
  await store.transact({
    put: [
      { key: there(guestKey("g1")), value: guest },
      { key: guestNameKey("default", "office-1"), value: "g1" },
      { key: "addresses/n1/10.0.0.2", value: "g1" },
      {
        key: there(volumeKey("v1")),
        value: { id: "v1", place: { kind: "guest", guest: "g1", disk: "disk1" } },
      },
      layer("l0"),
      layer("l1"),
      { key: incarnationKey("h1"), value: { since: 0, because: "joined" } },
    ],
  });
});

describe("a guest of a lost host that holds others' volumes", () => {
  it("is no more once these are refused to it, and they are at rest, with all that was written", async () => {
    assert.equal(await letGoOfLost(parts, lost, "g1"), true);
    assert.deepEqual(refused, ["l1"]);
    assert.equal(await store.get(there(guestKey("g1"))), undefined);
    assert.equal(await store.get(guestNameKey("default", "office-1")), undefined);
    assert.equal(await store.get("addresses/n1/10.0.0.2"), undefined);
    const { place, size } = (await store.get(there(volumeKey("v1"))))!.value as VolumeRecord;
    assert.deepEqual([place, size], [{ kind: "rest", layer: "l1" }, 2]);
    assert.equal(await letGoOfLost(parts, lost, "g1"), true);
  });

  it("keeps them where that cannot be", async () => {
    const refuse = async () => {
      throw new LodgeError("failover.not_refused", { host: "one", guest: "office-1", reason: "nobody can" });
    };
    await assert.rejects(letGoOfLost({ ...parts, refuse }, lost, "g1"), (error) =>
      hasCode(error, "failover.not_refused"),
    );
    assert.ok(await store.get(there(guestKey("g1"))));
  });

  it("keeps them where its host is back, also in the last moment", async () => {
    const back = () => store.transact({ put: [{ key: beatKey("h1"), value: {} }] });
    const refuse = async () => void (await back());
    await assert.rejects(letGoOfLost({ ...parts, refuse }, lost, "g1"), (error) =>
      hasCode(error, "store.conflict"),
    );
    assert.equal(await letGoOfLost(parts, lost, "g1"), false);
    assert.ok(await store.get(there(guestKey("g1"))));
  });
});
