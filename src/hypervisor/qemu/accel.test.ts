import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { decide, findAccelerator, type Accelerator, type Facts } from "./accel.ts";
import type { Verdict } from "./probe.ts";

const kept: Accelerator = {
  accelerator: "kvm",
  reason: "proved",
  finding: "proved",
  provedAt: "2030-01-01T00:00:00.000Z",
  bootId: "boot-1",
  qemu: "qemu 1",
};
const facts: Facts = { refused: undefined, kept, bootId: "boot-1", qemu: "qemu 1", kernel: "/k" };

describe("the accelerator's decision", () => {
  it("is tcg at once where KVM does not open, whatever was proved before", () => {
    const refused = { finding: "absent", reason: "there is no /dev/kvm" } as const;
    assert.deepEqual(decide({ ...facts, refused }), { use: "tcg", ...refused });
  });

  it("is what was proved since the host started, with the same QEMU", () => {
    assert.deepEqual(decide(facts), { use: "kept", kept });
  });

  it("is proved anew after a reboot and after an upgrade of QEMU", () => {
    const again = { use: "probe", kernel: "/k" };
    assert.deepEqual(decide({ ...facts, bootId: "boot-2" }), again);
    assert.deepEqual(decide({ ...facts, qemu: "qemu 2" }), again);
    assert.deepEqual(decide({ ...facts, kept: undefined }), again);
  });

  it("is tcg for now where there is no kernel to prove KVM with", () => {
    const decision = decide({ ...facts, kept: undefined, kernel: undefined });
    assert.equal(decision.use === "tcg" && decision.finding, "unproved");
  });
});

describe("finding the accelerator", () => {
  let folder = "";
  let probed: string[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "accel-"));
    probed = [];
    await writeFile(join(folder, "boot_id"), "boot-1\n");
    await writeFile(join(folder, "kvm"), "");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const find = (verdict: Verdict, over: { kernels?: string[]; device?: string } = {}) =>
    findAccelerator({
      qemu: { binary: "/qemu", identity: "qemu 1" },
      cacheFile: join(folder, "cache", "accel.json"),
      kernels: over.kernels ?? [],
      clock: systemClock,
      device: over.device ?? join(folder, "kvm"),
      bootFolder: folder,
      bootIdFile: join(folder, "boot_id"),
      probe: async (options) => {
        probed.push(options.kernel);
        return verdict;
      },
    });
  const good = { works: true, reason: "a Linux kernel ran" };
  const bad = { works: false, reason: "a Linux kernel hung" };

  it("boots one kernel once per boot of the host, and keeps a bad verdict too", async () => {
    const kernel = join(folder, "k");
    await writeFile(kernel, "");
    const first = await find(bad, { kernels: [join(folder, "none"), kernel] });
    assert.equal(first.accelerator, "tcg");
    assert.match(first.reason, /opens, but under it a Linux kernel hung/);
    assert.deepEqual(await find(good, { kernels: [kernel] }), first);
    assert.deepEqual(probed, [kernel]);
    await writeFile(join(folder, "boot_id"), "boot-2\n");
    assert.equal((await find(good, { kernels: [kernel] })).accelerator, "kvm");
    assert.deepEqual(probed, [kernel, kernel]);
  });

  it("falls back on the host's own newest kernel", async () => {
    for (const name of ["vmlinuz-6.1.0-9", "vmlinuz-6.1.0-10", "vmlinuz-0-rescue-x"])
      await writeFile(join(folder, name), "");
    await find(good);
    assert.deepEqual(probed, [join(folder, "vmlinuz-6.1.0-10")]);
  });

  it("does not keep 'tcg for now': a kernel that comes later is tried", async () => {
    assert.equal((await find(good)).finding, "unproved");
    await writeFile(join(folder, "vmlinuz-6"), "");
    assert.equal((await find(good)).accelerator, "kvm");
  });

  it("does not believe a file of another form", async () => {
    await writeFile(join(folder, "vmlinuz-6"), "");
    assert.equal((await find(good)).accelerator, "kvm");
    const { finding: _, ...without } = kept;
    await writeFile(join(folder, "cache", "accel.json"), JSON.stringify(without));
    assert.equal((await find(bad)).finding, "failed");
  });

  it("does not believe a proof once the device is gone", async () => {
    await writeFile(join(folder, "vmlinuz-6"), "");
    assert.equal((await find(good)).accelerator, "kvm");
    assert.match((await find(good, { device: join(folder, "gone") })).reason, /there is no .*gone/);
  });
});
