/** Is the verdict on an accelerator that of a real kernel? */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { findAccelerator, type Accelerator } from "#hypervisor/qemu/accel";
import { qemuFeatures, type QemuFeatures } from "#hypervisor/qemu/features";
import { probe } from "#hypervisor/qemu/probe";
import { tinyGuest } from "./tiny-guest.ts";

describe("the accelerator", () => {
  let folder = "";
  let kernel = "";
  let qemu: QemuFeatures;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "accelerator-"));
    kernel = (await tinyGuest()).kernel;
    qemu = await qemuFeatures({ cacheFile: join(folder, "features.json") });
  });
  after(() => rm(folder, { recursive: true }));

  const run = (over: { kernel?: string; limit?: number }) =>
    probe({
      binary: qemu.binary,
      accelerator: "tcg",
      cpuModel: "max",
      kernel,
      scratch: folder,
      limit: 60_000,
      ...over,
    });
  const find = (kernels: string[], over: { device?: string; limit?: number } = {}): Promise<Accelerator> =>
    findAccelerator({
      qemu,
      cacheFile: join(folder, "accel.json"),
      kernels,
      clock: systemClock,
      bootFolder: folder,
      ...over,
    });

  it("is good where Debian's kernel comes to its end", async () => {
    const verdict = await run({});
    assert.equal(verdict.works, true, verdict.reason);
  });

  it("is bad where the kernel does not get there in time, or is none", async () => {
    assert.match((await run({ limit: 400 })).reason, /had not come to its end after 0\.\d s/);
    const junk = join(folder, "junk");
    await writeFile(junk, "no kernel");
    assert.equal((await run({ kernel: junk, limit: 3000 })).works, false);
  });

  it("is TCG where there is no KVM, and TCG for now where there is no kernel", async () => {
    assert.equal((await find([kernel], { device: join(folder, "kvm") })).finding, "absent");
    const now = await find([]);
    assert.ok(
      now.finding === "unproved" || now.finding === "absent" || now.finding === "denied",
      now.finding,
    );
  });

  it("is settled on this host by one boot, and afterwards known at once", async () => {
    const first = await find([kernel]);
    assert.equal(first.accelerator === "kvm", first.finding === "proved", first.reason);
    const start = performance.now();
    const second = await find([kernel]);
    assert.ok(performance.now() - start < 100);
    assert.equal(second.reason, first.reason);
    if (first.finding === "proved" || first.finding === "failed") assert.deepEqual(second, first);
  });

  it("leaves no folder behind", async () => {
    const left = (await readdir(folder)).filter((name) => name.startsWith("probe-"));
    assert.deepEqual(left, []);
  });
});
