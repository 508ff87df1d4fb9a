import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { qemuArgs } from "./argv.ts";
import type { MachinePlan } from "./plan.ts";

const plain: MachinePlan = {
  name: "g",
  uuid: "5f3a3c62-7a51-4d9e-9d0a-1c1f7a0b2c11",
  vmgenid: "5f3a3c62-7a51-4d9e-9d0a-1c1f7a0b2c12",
  machineType: "pc-q35-7.2",
  cpuModel: "host",
  accelerator: "kvm",
  cpus: 1,
  memory: 512 * 2 ** 20,
  ram: { kind: "anonymous" },
  firmware: { kind: "bios" },
  tpm: undefined,
  disks: [{ id: "disk0", bus: "virtio-blk", file: "/d", format: "qcow2", size: 0, serial: "s" }],
  drives: [{ id: "cd0", file: undefined }],
  seed: undefined,
  nics: [],
  sockets: { qmp: "/r/qmp", agent: "/r/agent", guestAgent: "/r/qga", serial: "/r/serial" },
  serialLog: "/serial.log",
  bootFirst: "disk",
  usbInput: false,
  balloon: false,
};

describe("a TPM in QEMU's arguments", () => {
  it("is the inherited socket to swtpm and a device without a PCI address", () => {
    const args = qemuArgs({ ...plain, tpm: 5 });
    const at = args.indexOf("socket,id=tpm,fd=5");
    assert.deepEqual(args.slice(at - 1, at + 5), [
      "-chardev",
      "socket,id=tpm,fd=5",
      "-tpmdev",
      "emulator,id=tpm0,chardev=tpm",
      "-device",
      "tpm-crb,tpmdev=tpm0",
    ]);
  });

  it("changes nothing else of the machine", () => {
    const args = qemuArgs({ ...plain, tpm: 5 });
    const at = args.indexOf("socket,id=tpm,fd=5");
    assert.deepEqual(args.toSpliced(at - 1, 6), qemuArgs(plain));
    assert.ok(qemuArgs(plain).every((word) => !word.includes("tpm")));
  });
});
