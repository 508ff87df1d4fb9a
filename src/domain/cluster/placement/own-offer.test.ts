import assert from "node:assert/strict";
import { it } from "node:test";
import type { HostPromise } from "#contract/schema/quota";
import type { Pool } from "#contract/schema/pool";
import { guestRecord } from "../../../../test/fakes/guest-records.ts";
import { MemoryStore } from "#durable/store/memory";
import type { Hardware } from "#domain/guest/launch";
import { guestKey, type GuestRecord } from "#domain/guest/record";
import { templateKey as offeredKey } from "#domain/host/placement/offer";
import { networkKey } from "#domain/network/record";
import { templateKey, type TemplateRecord } from "#domain/template/record";
import { coarse, isSame, ownOffer } from "./own-offer.ts";
import { toResident } from "./resident.ts";

const MiB = 2 ** 20;

const promised = (limit: number, given: number) => ({
  ratio: 1,
  chosen: false,
  size: limit,
  limit,
  promised: given,
});
const pool = (name: string, more: Partial<Pool>): Pool => ({
  name,
  kind: "directory",
  target: "/srv",
  description: "",
  state: "ready",
  size: 1000 * MiB,
  free: 500 * MiB,
  reflink: false,
  promised: 0,
  used: 0,
  volumes: 0,
  ...more,
});

const shape = { project: "default", image: "i1", cpus: 1, memory: 512 * MiB };
const template = (id: string, more: Partial<TemplateRecord>) =>
  ({ ...shape, id, state: "parked", resident: 100 * MiB, ...more }) as TemplateRecord;
const holder = { pid: 1, startTime: "1" } as unknown as NonNullable<TemplateRecord["holder"]>;

const fork: GuestRecord = {
  ...guestRecord(1),
  state: "running",
  process: {
    pid: 7,
    startTime: "1",
    accelerator: "kvm",
    ram: { kind: "template", template: "t1" },
  } as unknown as NonNullable<GuestRecord["process"]>,
};

async function offer(promise: HostPromise) {
  const store = new MemoryStore();
  const templates = [
    template("t1", { holder }),
    template("t2", { holder, memory: 1024 * MiB }),
    template("t3", {}),
    template("t4", { holder, state: "stale" }),
  ];
  await store.transact({
    put: [
      { key: guestKey(fork.id), value: fork },
      ...templates.map((value) => ({ key: templateKey(value.id), value })),
      {
        key: networkKey("office"),
        value: { name: "office", kind: "bridge", index: 1, uplink: { device: "eth7" } },
      },
      {
        key: networkKey("lab"),
        value: { name: "lab", kind: "bridge", index: 2, uplink: { device: "eth0" } },
      },
    ],
  });
  return ownOffer({
    store,
    host: "h1",
    hardware: {
      accelerator: async () => "kvm",
      uefi: {},
      sound: false,
      plugsMemory: true,
    } as unknown as Hardware,
    machineTypes: ["pc-q35-7.2"],
    hasTpm: async () => true,
    cpuFeatures: async () => ["avx"],
    promise: async () => promise,
    available: async () => 1000 * MiB,
    pools: async () => [
      pool("default", {}),
      pool("nfs", { kind: "shared", quota: 600 * MiB, promised: 400 * MiB }),
      pool("broken", { state: "unusable" }),
    ],
    devices: async () => ["lo", "eth0"],
  });
}

it("a host offers what it has, less what others than guests were promised", async () => {
  const guest = toResident(fork, "h1").needs;
  const made = await offer({
    memory: promised(8192 * MiB, guest.memory + 300 * MiB),
    cpus: promised(64, guest.cpus),
    disk: promised(9999 * MiB, guest.disk + 77 * MiB),
    holders: [],
  });
  assert.deepEqual(made.limit, { memory: 8192 * MiB, cpus: 64, disk: 9999 * MiB });
  assert.deepEqual(made.held, { memory: 300 * MiB, cpus: 0, disk: 77 * MiB });
  assert.deepEqual(made.features, ["uefi", "tpm", "memory-plug"]);
  assert.deepEqual([made.cpuModels, made.cpuFeatures], [["host"], ["avx"]]);
  assert.deepEqual(made.lacksNetworks, ["office"]);
  assert.deepEqual(made.pools, [
    { name: "default", shared: false, free: 500 * MiB },
    { name: "nfs", shared: true, free: 200 * MiB },
  ]);
  // One that is stale takes no forks any more.
  assert.deepEqual(
    made.templates.map(({ id, key, warm }) => [id, key, warm]),
    [
      ["t1", offeredKey(shape), true],
      ["t2", offeredKey({ ...shape, memory: 1024 * MiB }), true],
      ["t3", offeredKey(shape), false],
    ],
  );
  // What nobody shares is given up where a guest needs it: t2 and t4, and not t1.
  assert.equal(made.available, 1200 * MiB);
});

it("is the same offer with a few pages more or less", async () => {
  const made = await offer({
    memory: promised(8192 * MiB, 0),
    cpus: promised(64, 0),
    disk: promised(1, 0),
    holders: [],
  });
  const other = { ...made, available: made.available + 4096 };
  assert.ok(isSame(coarse(made), coarse(other)) && !isSame(made, other));
  assert.ok(!isSame(coarse(made), coarse({ ...made, available: made.available / 2 })));
  assert.ok(!isSame(undefined, made));
});
