import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { forecast } from "./forecast.ts";

const image = { id: "i1", agent: "lodge", firmware: ["bios"] } as const;
const template = { image: "i1", cpus: 1, memory: 512 * 1024 ** 2, state: "parked" } as const;
const body = { image: "debian-13" };
const told = (more: object, templates: readonly object[] = [template], of: object = image) =>
  forecast({ ...body, ...more }, of as never, templates as never);

describe("what is said of a guest before it is made", () => {
  it("is a fork where a template of its image and size waits, in memory or on disk", () => {
    assert.equal(told({}), "fork");
    assert.equal(told({ cpus: 1, memory: template.memory }), "fork");
    assert.equal(told({}, [{ ...template, state: "evicted" }]), "fork");
    assert.equal(told({ userData: "#cloud-config", disks: [{ size: 1 << 30 }] }), "fork");
  });

  it("is a boot without one", () => {
    assert.equal(told({}, []), "boot-no-template");
    assert.equal(told({ cpus: 2 }), "boot-no-template");
    assert.equal(told({ memory: 1 << 30 }), "boot-no-template");
    assert.equal(told({}, [{ ...template, state: "building" }]), "boot-no-template");
    assert.equal(told({}, [{ ...template, image: "i2" }]), "boot-no-template");
  });

  it("is a boot with what a fork cannot have", () => {
    for (const more of [
      { firmware: "uefi" },
      { tpm: true },
      { sound: true },
      { network: [] },
      { disks: [{}, {}] },
    ])
      assert.equal(told(more), "boot-settings");
    assert.equal(told({}, [template], { ...image, agent: "none" }), "boot-settings");
    assert.equal(told({}, [template], { ...image, firmware: ["uefi"] }), "boot-settings");
  });

  it("says what was asked for", () => {
    assert.equal(told({ cold: true }), "boot-asked");
    assert.equal(told({ start: false }), "stay");
    assert.equal(forecast({ iso: "x.iso" }, undefined, []), "boot-iso");
  });
});
