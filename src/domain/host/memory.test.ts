import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LodgeError } from "#contract/errors";
import { admit, defaultMemorySettings, promise, requireMemory, type Demand, type Holder } from "./memory.ts";

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;
const settings = defaultMemorySettings(24 * gibibyte);
const small: Demand = { memory: 512 * mebibyte, how: "boot", accelerator: "tcg" };

describe("memory promised to a guest", () => {
  it("is all of it and QEMU's own for one that boots", () => {
    assert.equal(promise(small, settings), 812 * mebibyte);
    assert.equal(promise({ ...small, accelerator: "kvm" }, settings), 612 * mebibyte);
  });

  it("is a quarter of that for a fork, which shares the rest", () => {
    assert.equal(promise({ ...small, how: "fork" }, settings), 203 * mebibyte);
  });
});

describe("admission", () => {
  it("refuses what exceeds the available less the reserve", () => {
    const reserve = settings.hostReserve;
    assert.equal(admit(small, { available: reserve + 812 * mebibyte }, [], settings).allowed, true);
    const refused = admit(small, { available: reserve + 812 * mebibyte - 1 }, [], settings);
    assert.deepEqual(refused, { allowed: false, needed: 812 * mebibyte, available: 812 * mebibyte - 1 });
  });

  it("keeps back what others were promised and have not taken, and forgives who took more", () => {
    const holders: Holder[] = [
      { ...small, held: 300 * mebibyte },
      { ...small, held: 2 * gibibyte },
    ];
    const { available } = admit(small, { available: 10 * gibibyte }, holders, settings);
    assert.equal(available, 10 * gibibyte - settings.hostReserve - 512 * mebibyte);
  });

  it("lets 100 forks of 512 MiB run on 24 GiB, but not 100 booted guests", () => {
    const host = { available: 23.5 * gibibyte };
    const template = 512 * mebibyte;
    assert.equal(
      admit({ ...small, how: "fork", count: 100, once: template }, host, [], settings).allowed,
      true,
    );
    assert.equal(admit({ ...small, count: 100 }, host, [], settings).allowed, false);
  });

  it("says both figures when it refuses", () => {
    const tight = { available: settings.hostReserve + 100.5 * mebibyte };
    assert.throws(
      () => requireMemory("web", small, tight, [], settings),
      (error) =>
        error instanceof LodgeError && /'web' needs 812 MiB of memory, and 100 MiB/.test(error.message),
    );
    requireMemory("web", small, { available: 2 * gibibyte }, [], { ...settings, hostReserve: 0 });
  });

  const holder = fc.record({
    memory: fc.integer({ min: 16, max: 8192 }).map((size) => size * mebibyte),
    how: fc.constantFrom("boot", "fork"),
    accelerator: fc.constantFrom("kvm", "tcg"),
    held: fc.integer({ min: 0, max: 8192 }).map((size) => size * mebibyte),
  });

  it("never promises more than there is: whoever was admitted can take all that was promised", () => {
    fc.assert(
      fc.property(
        fc.array(holder, { maxLength: 30 }),
        fc.integer({ min: 0, max: 64 * gibibyte }),
        (wishes, total) => {
          const admitted: Holder[] = [];
          for (const wish of wishes) {
            if (admit(wish, { available: total }, admitted, settings).allowed)
              admitted.push({ ...wish, held: 0 });
          }
          const promised = admitted.reduce((sum, one) => sum + promise(one, settings), 0);
          assert.ok(admitted.length === 0 || promised + settings.hostReserve <= total);
        },
      ),
    );
  });

  it("does not change its mind because an admitted guest takes what it was promised", () => {
    fc.assert(
      fc.property(
        holder,
        fc.array(holder, { maxLength: 10 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (wish, others, part) => {
          const total = 64 * gibibyte;
          const fresh = others.map((one) => ({ ...one, held: 0 }));
          const before = admit(wish, { available: total }, fresh, settings);
          const grown = others.map((one) => ({ ...one, held: promise(one, settings) * part }));
          const taken = grown.reduce((sum, one) => sum + one.held, 0);
          const after = admit(wish, { available: total - taken }, grown, settings);
          assert.ok(Math.abs(after.available - before.available) < 1);
        },
      ),
    );
  });
});
