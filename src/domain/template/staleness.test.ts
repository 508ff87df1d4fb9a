import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fits, type Shape } from "./record.ts";
import { staleness, type Surroundings } from "./staleness.ts";

const shape: Shape = {
  project: "default",
  image: "i1",
  cpus: 1,
  memory: 512,
  nic: "tap",
  accelerator: "kvm",
  qemu: "7.2",
  layout: 2,
};
const now: Surroundings = {
  qemu: "7.2",
  layout: 2,
  nic: "tap",
  accelerator: "kvm",
  images: new Map([["i1", { id: "i1", name: "debian-13" }]]),
};
const why = (change: Partial<Surroundings>) => staleness(shape, { ...now, ...change });

describe("a template is stale", () => {
  it("not while all is as it was, nor because the accelerator is not proved yet", () => {
    assert.equal(why({}), undefined);
    assert.equal(why({ accelerator: undefined }), undefined);
  });

  it("when its image was rebuilt, or is gone", () => {
    assert.match(why({ images: new Map([["i1", { id: "i1", name: "i1" }]]) }) ?? "", /rebuilt/);
    assert.match(why({ images: new Map() }) ?? "", /gone/);
  });

  it("when QEMU, the layout, the accelerator or the kind of network is another", () => {
    assert.match(why({ qemu: "8.0" }) ?? "", /QEMU/);
    assert.match(why({ layout: 3 }) ?? "", /layout/);
    assert.match(why({ accelerator: "tcg" }) ?? "", /accelerator/);
    assert.match(why({ nic: "user" }) ?? "", /network/);
  });
});

describe("a template's RAM", () => {
  it("is shared by forks of its own project alone, of whatever image", () => {
    assert.ok(fits(shape, { ...shape }));
    assert.ok(!fits(shape, { ...shape, project: "shop" }));
  });

  it("is of a machine with a sound card or of one without, as are those of old", () => {
    assert.ok(fits(shape, { ...shape, sound: false }));
    assert.ok(!fits(shape, { ...shape, sound: true }));
    assert.ok(!fits({ ...shape, sound: true }, { ...shape, sound: false }));
  });

  it("is of a machine with room for as many monitors, which is one of most", () => {
    assert.ok(fits(shape, { ...shape, monitors: 1 }));
    assert.ok(!fits(shape, { ...shape, monitors: 2 }));
    assert.ok(fits({ ...shape, monitors: 2 }, { ...shape, monitors: 2 }));
  });
});
