import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { NewDisk } from "#contract/schema/disk";
import type { PoolRecord } from "../volume/pool.ts";
import { freeId, newDisks, type Beginning } from "./new-disks.ts";

const GiB = 1024 ** 3;
const where = { folder: "/layers", createdAt: "2026-01-01T00:00:00.000Z" };
const image: Beginning = {
  file: { path: "/images/i/disk.qcow2", format: "qcow2" },
  size: 2 * GiB,
  on: { image: "i1" },
};
const template: Beginning = {
  file: { path: "/layers/t.qcow2", format: "qcow2", seed: "/t/seed" },
  size: 2 * GiB,
  on: { below: "t1" },
};

const make = (asked: readonly NewDisk[], beginning?: Beginning) =>
  newDisks(asked, beginning, 20 * GiB, where);
const shapes = ({ disks }: ReturnType<typeof make>) =>
  disks.map(({ id, bus, format, size }) => [id, bus, format, size / GiB]);

describe("the disks of a new guest", () => {
  it("are one of the image's size where nothing is said", () => {
    const { disks, layers, sources } = make([{}], image);
    assert.deepEqual(shapes(make([{}], image)), [["disk0", "virtio-blk", "qcow2", 2]]);
    const [layer] = layers;
    assert.equal(disks[0]!.layer, layer!.id);
    assert.equal(layer!.image, "i1");
    assert.deepEqual(sources, [{ kind: "overlay", path: `/layers/${layer!.id}.qcow2`, over: image.file }]);
  });

  it("have a key each where they are to be encrypted, which a raw one cannot be", () => {
    const newKey = (layer: string) => `sealed for ${layer}`;
    const secret = (asked: readonly NewDisk[]) => newDisks(asked, image, 20 * GiB, { ...where, newKey });
    const { disks, layers } = secret([{}, { size: GiB }]);
    assert.deepEqual(
      disks.map(({ encrypted }) => encrypted),
      [true, true],
    );
    for (const layer of layers) assert.equal(layer.secret, newKey(layer.id));
    assert.equal(layers[0]!.image, "i1");
    assert.throws(() => secret([{ format: "raw" }]), { code: "api.invalid" });
  });

  it("lie in the pools that they name, over the image where something can stand on it there", () => {
    const record = (kind: PoolRecord["kind"]) => ({ name: kind, kind, target: "/p", description: "" });
    const rbd = { monitors: [], user: "u", secret: "", folder: "/run/rbd" };
    const pools = new Map<string, PoolRecord>([
      ["shared", record("shared")],
      ["rbd", { ...record("rbd"), rbd }],
    ]);
    const lying = (pool: string) => newDisks([{ pool }], image, 20 * GiB, { ...where, pools });
    const { layers: shared, sources } = lying("shared");
    assert.deepEqual([shared[0]!.pool, shared[0]!.image], ["shared", "i1"]);
    assert.equal(sources[0]!.kind, "overlay");
    assert.match(sources[0]!.at!, /^\/p\//);
    const copied = lying("rbd");
    assert.deepEqual([copied.layers[0]!.pool, copied.layers[0]!.image], ["rbd", undefined]);
    assert.equal(copied.sources[0]!.kind, "copy");
  });

  it("are one empty disk of the usual size where there is no image", () => {
    const { layers, sources } = make([{}]);
    const path = layers[0]!.path;
    assert.deepEqual(sources, [{ kind: "blank", path, format: "qcow2", size: 20 * GiB }]);
  });

  it("are an image's and empty ones, each where and how it was asked for", () => {
    const asked: NewDisk[] = [
      { size: 4 * GiB },
      { size: GiB },
      { size: 3 * GiB, bus: "sata", format: "raw" },
      { size: GiB, bus: "virtio-blk" },
    ];
    const made = make(asked, image);
    assert.deepEqual(shapes(made), [
      ["disk0", "virtio-blk", "qcow2", 4],
      ["disk1", "virtio-scsi", "qcow2", 1],
      ["disk2", "sata", "raw", 3],
      ["disk3", "virtio-blk", "qcow2", 1],
    ]);
    assert.deepEqual(
      made.sources.map(({ kind, size }) => [kind, size]),
      [
        ["overlay", 4 * GiB],
        ["blank", GiB],
        ["blank", 3 * GiB],
        ["blank", GiB],
      ],
    );
    assert.match(made.layers[2]!.path, /\.raw$/);
  });

  it("can be a raw copy of the image, which then stands on nothing", () => {
    for (const size of [undefined, 5 * GiB]) {
      const asked: NewDisk = { format: "raw", ...(size === undefined ? {} : { size }) };
      const { layers, sources } = make([asked], image);
      const { id, path } = layers[0]!;
      assert.deepEqual(layers, [{ id, path, format: "raw", createdAt: where.createdAt }]);
      assert.deepEqual(sources, [
        { kind: "copy", path, format: "raw", of: image.file, ...(size === undefined ? {} : { size }) },
      ]);
    }
  });

  it("of a fork have their template's size until its state is loaded", () => {
    const { disks, layers, sources } = make([{ size: 9 * GiB }], template);
    assert.equal(disks[0]!.size, 9 * GiB);
    assert.equal(layers[0]!.below, "t1");
    assert.deepEqual(sources, [{ kind: "overlay", path: layers[0]!.path, over: template.file }]);
  });

  it("are refused where one is smaller than the image, has no size, or finds no place", () => {
    assert.throws(() => make([{ size: GiB }], image), { code: "guest.disk_shrink" });
    assert.throws(() => make([{}, {}], image), { code: "api.invalid", message: /^disks\.1\.size/ });
    const sata: NewDisk = { size: GiB, bus: "sata" };
    assert.equal(make([sata, sata, sata, sata]).disks.length, 4);
    assert.throws(() => make([sata, sata, sata, sata, sata]), { code: "disk.no_place" });
  });
});

describe("one more disk", () => {
  const taken = (...places: number[]) => places.map((place) => ({ id: `disk${place}` }));

  it("gets the lowest place that is free", () => {
    assert.equal(freeId(taken(0), "virtio-scsi"), "disk1");
    assert.equal(freeId(taken(0, 2, 3), "sata"), "disk1");
    assert.equal(freeId(taken(3, 0, 1), "virtio-blk"), "disk2");
  });

  it("is refused where its bus has none, with what would do", () => {
    const six = taken(0, 1, 2, 3, 4, 5);
    assert.throws(() => freeId(six, "sata"), { code: "disk.no_place", message: /disk0 to disk3 alone/ });
    assert.throws(() => freeId(six, "virtio-blk"), {
      code: "disk.no_place",
      message: /disk0 to disk5 alone/,
    });
    assert.equal(freeId(six, "virtio-scsi"), "disk6");
    assert.throws(() => freeId(taken(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), "virtio-scsi"), {
      code: "disk.no_place",
      message: /10 at most/,
    });
  });
});
