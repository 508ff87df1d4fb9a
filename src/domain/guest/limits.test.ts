import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode, type ErrorCode } from "#contract/errors";
import type { GuestLimits } from "#contract/schema/limits";
import { allControllers } from "#hypervisor/cpu/groups";
import { groupLimits, requireKept } from "./limits.ts";

const all = { controllers: new Set(allControllers) };
const guest = {
  disks: [{ id: "disk0", bus: "virtio-blk", format: "qcow2", size: 1, layer: "l" }],
  nics: [{ id: "nic0", network: "default", mac: "52:54:00:00:00:01", address: "10.0.0.4" }],
} as const;

const refused = (
  limits: GuestLimits,
  code: ErrorCode,
  groups: Parameters<typeof requireKept>[1] = all,
  of = {},
) =>
  assert.throws(
    () => requireKept({ ...guest, ...of, limits }, groups),
    (error) => hasCode(error, code),
  );

describe("a guest's limits", () => {
  it("that can be kept are taken", () => {
    requireKept(guest, { controllers: new Set() });
    requireKept(
      {
        ...guest,
        limits: { weight: 10, cap: 0.5, pin: "0", swap: 0, nic: { in: 5000 }, disks: { disk0: {} } },
      },
      all,
    );
  });

  it("that cannot be kept are refused", () => {
    refused({ cap: 1 }, "api.unsupported", { controllers: new Set(["memory"]) });
    refused({ swap: 1 }, "api.unsupported", { controllers: new Set(["cpu"]) });
    refused({ pin: "4000" }, "api.invalid");
    refused({ pin: "0-9999" }, "api.invalid");
    refused({ disks: { disk4: { readOps: 5 } } }, "api.invalid");
    refused({ nics: { nic4: { in: 5000 } } }, "api.invalid");
    const nics = [{ id: "nic0", network: "user", mac: "52:54:00:00:00:01" }];
    refused({ nic: { out: 5000 } }, "api.unsupported", all, { nics });
    const bridged = [{ ...nics[0]!, wired: true }];
    requireKept({ ...guest, nics: bridged, limits: { nic: { out: 5000 } } }, all);
  });

  it("of what is gone since may stay, while nobody asks for them", () => {
    const limits = { disks: { disk4: { readOps: 5 } } };
    requireKept({ ...guest, limits }, all, { disks: { disk0: { readOps: 5 } } });
    assert.throws(() => requireKept({ ...guest, limits }, all));
  });

  it("of memory leave room for QEMU, and for code it translates", () => {
    const one = { cpus: 1, memory: 2 ** 29 };
    const kvm = groupLimits(one, "kvm").memory!;
    assert.ok(kvm > 2 ** 29);
    assert.ok(groupLimits(one, "tcg").memory! > kvm);
    assert.equal(groupLimits({ ...one, limits: { cap: 2 } }, "kvm").cap, 2);
  });
});
