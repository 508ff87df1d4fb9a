import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { GuestRecord } from "../record.ts";
import type { Cargo } from "./cargo.ts";
import { blockersHere, blockersThere, type Ability } from "./preflight.ts";

const guest = {
  id: "g0123456789",
  name: "web",
  state: "running",
  machine: {
    type: "pc-q35-7.2",
    cpuModel: "host",
    firmware: "uefi",
    secureBoot: false,
    tpm: true,
    layout: 5,
    maxMemory: 2 ** 30,
    sound: true,
    tablet: true,
  },
  drives: [{ id: "cd0", image: "i0000000001" }],
  nics: [],
} as unknown as GuestRecord;

const cargo = (over: Partial<GuestRecord> = {}, rest: Partial<Cargo> = {}): Cargo => ({
  guest: { ...guest, ...over },
  live: true,
  accelerator: "kvm",
  processor: ["avx2", "sse4_2"],
  layers: [],
  images: [],
  snapshots: [],
  volumes: [],
  files: [],
  ...rest,
});

const able: Ability = {
  name: "h2",
  accelerator: "kvm",
  machines: ["pc-q35-7.2", "pc-q35-8.0"],
  processor: ["avx2", "sse4_2", "ssse3"],
  uefi: true,
  tpm: true,
  plugsMemory: true,
  sound: true,
  tablet: true,
  images: ["i0000000001"],
  kernel: true,
  lacksNetworks: [],
  disk: { needed: 100, free: 200 },
};

const there = (ability: Partial<Ability>, over: Partial<GuestRecord> = {}, rest: Partial<Cargo> = {}) =>
  blockersThere(cargo(over, rest), { ...able, ...ability }).map(({ what }) => what);

describe("what stands in a guest's way at the target", () => {
  it("is nothing where that has all that it needs", () => {
    assert.deepEqual(there({}), []);
  });

  for (const [what, ability] of [
    ["machine", { machines: ["pc-q35-8.0"] }],
    ["accelerator", { accelerator: "tcg" }],
    ["processor", { processor: ["sse4_2"] }],
    ["firmware", { uefi: false }],
    ["tpm", { tpm: false }],
    ["machine", { plugsMemory: false }],
    ["sound", { sound: false }],
    ["machine", { tablet: false }],
    ["media", { images: [] }],
    ["network", { lacksNetworks: ["lab"] }],
    ["network", { noUnderlay: { reason: "nobody said what lies between", fix: "Say so." } }],
    ["disk", { disk: { needed: 300, free: 200 } }],
    ["memory", { noMemory: "it needs 4 GiB, and 1 GiB can be given" }],
    ["limit", { limitUnkept: "'8' is not of the host's processors, which are 0-3" }],
    ["storage", { homeElsewhere: true }],
    ["port", { portTaken: "port 80 is taken" }],
  ] as const)
    it(`is named where it is its ${what}, with what would clear it`, () => {
      const found = blockersThere(cargo(), { ...able, ...ability });
      assert.deepEqual(
        found.map((one) => one.what),
        [what],
      );
      assert.match(found[0]!.fix, /^[A-Z].*\.$/);
      assert.doesNotMatch(found[0]!.reason, /\.$/);
    });

  it("is a kernel of its image's, where it boots one", () => {
    const kernel = { kernel: "/k", initrd: "/i", append: "" };
    assert.deepEqual(there({ kernel: false }, { kernel }), ["image"]);
    assert.deepEqual(there({ kernel: false }), []);
  });

  it("is no processor where it starts anew, or was given a model by name", () => {
    const other = { accelerator: "tcg", processor: [] } as const;
    assert.deepEqual(there(other, { state: "stopped" }, { live: false }), []);
    assert.deepEqual(there(other, { state: "suspended" }, { live: false }), ["accelerator", "processor"]);
    const machine = { ...guest.machine, cpuModel: "qemu64" };
    assert.deepEqual(there({ processor: [] }, { machine }), []);
  });

  it("is all of it at once", () => {
    assert.deepEqual(there({ uefi: false, tpm: false }), ["firmware", "tpm"]);
  });
});

describe("what stands in a guest's way at its source", () => {
  const here = (
    over: Partial<GuestRecord>,
    rest: Partial<Cargo> = {},
    how: { readonly stuck?: boolean; readonly inPlace?: readonly string[] } = {},
  ) => blockersHere(cargo(over, rest), { stuck: false, inPlace: [], ...how }).map(({ what }) => what);

  it("is nothing of an ordinary guest's", () => {
    assert.deepEqual(here({}), []);
  });

  it("is what it has of this host alone", () => {
    assert.deepEqual(here({ shares: [{ name: "code" }] as never }), ["share"]);
    assert.deepEqual(here({ devices: [{}] as never }), ["device"]);
    const layer = { id: "l1", path: "/l1", format: "raw", pool: "fast", createdAt: "" } as const;
    assert.deepEqual(here({}, { layers: [{ layer, bytes: 0, written: true, bare: true }] }), ["storage"]);
  });

  it("is a disk of Ceph's that the target has not, or that runs; at rest it is taken where it is", () => {
    const layer = { id: "l1", path: "/l1", format: "raw", pool: "ceph", createdAt: "" } as const;
    const shared = { name: "ceph", kind: "rbd" } as const;
    const layers = [{ layer, bytes: 0, written: true, bare: true, shared }] as const;
    assert.deepEqual(here({}, { layers, live: false }), ["storage"]);
    assert.deepEqual(here({}, { layers, live: false }, { inPlace: ["l1"] }), []);
    assert.deepEqual(here({}, { layers }, { inPlace: ["l1"] }), ["storage"]);
  });

  it("is a disk that cannot be written", () => {
    assert.deepEqual(here({}, {}, { stuck: true }), ["fault"]);
  });

  it("is more snapshots than one transaction moves", () => {
    assert.deepEqual(here({}, { snapshots: Array.from({ length: 30 }, () => ({})) as never }), ["snapshots"]);
  });
});
