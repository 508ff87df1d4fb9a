import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import { layerKey, type Layer } from "../volume/layer.ts";
import { poolKey } from "../volume/pool.ts";
import { guestRecord } from "../../../test/fakes/guest-records.ts";
import { requireAvailable, requireNoLayers, requireStaysAvailable, type AvailableParts } from "./ha.ts";
import type { GuestRecord } from "./record.ts";

const places = {
  guests: "/h/guests",
  layers: "/h/layers",
  images: "/h/images",
  templates: "/h/t",
  run: "/h/run",
};
const guest = guestRecord(1);
const top = guest.disks[0]!.layer;
let store: MemoryStore;
let device: boolean;

const parts = (): AvailableParts => ({
  store,
  places,
  safeguards: {
    holds: { admit: async () => undefined, know: async () => undefined, release: async () => undefined },
    hasFenceDevice: async () => device,
  },
});
const layer = (id: string, more: Partial<Layer>): Promise<unknown> =>
  store.transact({
    put: [
      { key: layerKey(id), value: { id, path: `/h/layers/${id}`, format: "qcow2", createdAt: "", ...more } },
    ],
  });
const why = async (record: GuestRecord, of = parts()) => {
  try {
    await requireAvailable(of, record);
    return undefined;
  } catch (error) {
    assert.ok(hasCode(error, "guest.ha_impossible"));
    return error.params["reason"];
  }
};

beforeEach(async () => {
  store = new MemoryStore();
  device = true;
  for (const kind of ["shared", "rbd", "directory"])
    await store.transact({
      put: [{ key: poolKey(kind), value: { name: kind, kind, target: "/p", description: "" } }],
    });
});

describe("a guest can be highly available", () => {
  it("where a host that is lost can be kept from its disks: by Ceph, or by a fence device", async () => {
    await layer(top, { pool: "rbd" });
    device = false;
    assert.equal(await why(guest), undefined);
    await layer(top, { pool: "shared" });
    assert.match(String(await why(guest)), /no fence device/);
    device = true;
    assert.equal(await why(guest), undefined);
  });

  it("not where anything that its disk stands on is one host's alone", async () => {
    await layer(top, {});
    assert.match(String(await why(guest)), /disk0 lies on this host alone/);
    await layer("lbase", { pool: "directory" });
    await layer(top, { pool: "shared", below: "lbase" });
    assert.match(String(await why(guest)), /disk0 lies on this host alone/);
    await layer("lbase", { pool: "shared" });
    assert.equal(await why(guest), undefined);
  });

  it("before there is anything of it in the store, by what its disks are to be", async () => {
    const made = { id: top, path: `/h/layers/${top}`, format: "qcow2", createdAt: "" } as const;
    await requireAvailable(parts(), guest, [{ ...made, pool: "shared", image: "i1" }]);
    await assert.rejects(requireAvailable(parts(), guest, [made]), {
      code: "guest.ha_impossible",
      hint: /with --pool/,
    });
  });

  it("not with what is a host's own, and not outside of a cluster", async () => {
    await layer(top, { pool: "shared" });
    assert.match(String(await why({ ...guest, devices: ["usb:1"] })), /devices of this host/);
    assert.match(String(await why({ ...guest, machine: { ...guest.machine, tpm: true } })), /TPM/);
    assert.match(String(await why({ ...guest, removeWhenStopped: true })), /removed/);
    const { safeguards: _, ...alone } = parts();
    assert.match(String(await why(guest, alone)), /in no cluster/);
  });

  it("and stays so: nothing of it comes to lie elsewhere", async () => {
    const available = { ...guest, ha: { priority: 1 } };
    requireStaysAvailable(guest, undefined, "its new disk");
    requireStaysAvailable(available, "shared", "its new disk");
    for (const kind of [undefined, "directory", "lvm"] as const)
      assert.throws(() => requireStaysAvailable(available, kind, "its new disk"), {
        code: "guest.ha_impossible",
      });
    await layer(top, { pool: "shared" });
    await requireNoLayers(parts(), available);
    await layer(top, { pool: "rbd" });
    await requireNoLayers(parts(), guest);
    await assert.rejects(requireNoLayers(parts(), available), { code: "guest.ha_impossible" });
  });
});
