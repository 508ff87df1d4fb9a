import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { lastWords, logLength } from "#hypervisor/qemu/process";
import { explain } from "./launch.ts";

const emulator = "qemu-system-x86_64:";

describe("why a guest did not start", () => {
  const cases = [
    [
      `swtpm: Error: Could not initialize the TPM\n${emulator} tpm-emulator: TPM result for CMD_INIT: 0x101 operation failed`,
      "its TPM cannot be used",
    ],
    [
      `${emulator} cannot set up guest memory 'ram': Cannot allocate memory`,
      "the host has too little memory",
    ],
    [
      `${emulator} -blockdev {}: Failed to get "write" lock\nIs another process using the image [/d]?`,
      "another process uses its disk",
    ],
    ["Could not access KVM kernel module: Permission denied", "its user may not open /dev/kvm"],
    [`${emulator} -blockdev {}: Image is not in qcow2 format`, "its disk is corrupt"],
    [`${emulator} load of migration failed: Invalid argument`, "its saved state does not fit this QEMU"],
    ["", "QEMU ended at once"],
  ] as const;
  for (const [words, reason] of cases) it(`is said: ${reason}`, () => assert.equal(explain(words), reason));

  it("is not looked for in what was printed before", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lodge-log-"));
    try {
      const log = join(folder, "qemu.log");
      assert.equal(logLength(log), 0);
      await appendFile(log, `${emulator} tpm-emulator: could not set locality : Input/output error\n`);
      const from = logLength(log);
      await appendFile(log, `${emulator} -blockdev {}: Image is not in qcow2 format\n`);
      assert.equal(explain(lastWords(log, from)), "its disk is corrupt");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
