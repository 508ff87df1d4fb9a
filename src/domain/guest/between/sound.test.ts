import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { restingGuest } from "../../../../test/fakes/resting-guest.ts";
import type { Cargo } from "../migrate/cargo.ts";
import { fileName } from "../migrate/send-files.ts";
import { renameLayers } from "./rename-layers.ts";
import { sound } from "./sound.ts";

const layer = {
  id: "l0123456789",
  path: "/x",
  format: "qcow2",
  image: "i0123456789",
  createdAt: "",
} as const;
const top = { id: "l1123456789", path: "/y", format: "qcow2", below: layer.id, createdAt: "" } as const;
const disk = { id: "disk0", bus: "virtio-blk", format: "qcow2", size: 2 ** 20, layer: top.id } as const;
const guest = { ...restingGuest, hostname: "web", disks: [disk] };
const cargo: Cargo = {
  guest,
  live: false,
  layers: [layer, top].map((one) => ({ layer: one, bytes: 1, written: false })),
  images: [{ id: "i0123456789", name: "tiny", path: "/i", format: "raw", bytes: 1 }],
  snapshots: [],
  volumes: [],
  files: [{ path: "tpm/state", bytes: 1 }],
};

describe("what a host from outside says of a guest", () => {
  it("is taken as it is where it names nothing but the guest's own, without what is its host's", () => {
    const desktop = { pool: "dp1", revision: 1, state: "taken", desktop: "dt1" };
    const told = { ...guest, shares: [{ path: "/etc" }], devices: ["usb:1-2"], process: { pid: 1 }, desktop };
    assert.deepEqual(sound({ ...cargo, guest: told as never }), cargo);
  });

  it("is refused where it names something of this host's", () => {
    const withGuest = (more: object): Cargo => ({ ...cargo, guest: { ...guest, ...more } as never });
    const hostile: Cargo[] = [
      { ...cargo, files: [{ path: "../../../etc/cron.d/x", bytes: 1 }] },
      { ...cargo, files: [{ path: "/etc/cron.d/x", bytes: 1 }] },
      { ...cargo, layers: [{ layer: { ...layer, id: "../../x" }, bytes: 1, written: false }] },
      { ...cargo, layers: [{ layer: { ...top, below: "l9999999999" }, bytes: 1, written: false }] },
      { ...cargo, images: [] },
      withGuest({ id: "../g" }),
      withGuest({ state: "running" }),
      withGuest({ hostname: "web\n10.0.0.1 evil" }),
      withGuest({ disks: [{ ...disk, id: "disk0,file=/etc/shadow" }] }),
      withGuest({ disks: [{ ...disk, layer: "l9999999999" }] }),
      withGuest({ machine: { ...guest.machine, cpuModel: "max -device x" } }),
      withGuest({ machine: { ...guest.machine, type: "pc,kernel=/etc/shadow" } }),
      withGuest({ nics: [{ id: "nic0", network: "default", mac: "x;reboot" }] }),
    ];
    for (const one of hostile)
      assert.throws(
        () => sound(one),
        (error) => hasCode(error, "visit.unsound"),
      );
  });

  it("gets ids of this host's for its layers and images, whose files are asked for by those of the source", () => {
    const { cargo: renamed, names } = renameLayers(cargo);
    const [below, above] = renamed.layers.map((one) => one.layer);
    assert.notEqual(below!.id, layer.id);
    assert.deepEqual(
      [above!.below, below!.image, renamed.guest.disks[0]!.layer],
      [below!.id, renamed.images[0]!.id, above!.id],
    );
    assert.equal(names[fileName.layer(above!.id)], fileName.layer(top.id));
    assert.equal(names[fileName.image(below!.image!)], fileName.image(layer.image));
  });
});
