import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "#base/clock";
import type { Accelerator, Finding } from "#hypervisor/qemu/accel";
import { acceleratorOf } from "./accelerator.ts";

/** A source whose searches end as the given findings say, one after another; "fails" rejects. */
function searches(...findings: (Finding | "fails")[]) {
  const asked: (readonly string[])[] = [];
  let kernels: string[] = [];
  const current = acceleratorOf({
    qemu: async () => ({ binary: "/qemu", identity: "qemu 1" }),
    cacheFile: "/none/accelerator.json",
    kernels: async () => kernels,
    clock: systemClock,
    find: async (options) => {
      asked.push(options.kernels);
      const finding = findings.shift();
      if (finding === undefined || finding === "fails") throw new RangeError("no search was expected");
      const accelerator = finding === "proved" ? "kvm" : "tcg";
      return { accelerator, finding, reason: "", provedAt: "", bootId: "", qemu: "" } satisfies Accelerator;
    },
  });
  return { asked, current, build: (kernel: string) => void (kernels = [kernel]) };
}

describe("the daemon's accelerator", () => {
  it("is searched for once, also by callers that come while it is", async () => {
    const { asked, current } = searches("failed");
    const [one, two] = await Promise.all([current(), current()]);
    assert.equal(one, two);
    assert.equal(await current(), one);
    assert.equal(asked.length, 1);
  });

  it("is searched for again with the kernel of an image that came later, but not once it is settled", async () => {
    const { asked, current, build } = searches("unproved", "proved");
    assert.equal((await current()).accelerator, "tcg");
    build("/images/i1/vmlinuz");
    assert.equal((await current()).accelerator, "kvm");
    assert.equal((await current()).accelerator, "kvm");
    assert.deepEqual(asked, [[], ["/images/i1/vmlinuz"]]);
  });

  it("is searched for again after a search that failed", async () => {
    const { current } = searches("fails", "absent");
    await assert.rejects(current(), RangeError);
    assert.equal((await current()).finding, "absent");
  });
});
