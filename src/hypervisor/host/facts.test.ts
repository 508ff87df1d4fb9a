import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { hostFacts, parseCpu } from "./facts.ts";

describe("the processor", () => {
  it("says whether it has virtualization and whether it is virtual itself", () => {
    const info = (flags: string) => parseCpu(`processor\t: 0\nflags\t\t: ${flags}\nbugs\t: x\n`);
    assert.deepEqual(info("fpu vmx sse"), { virtualization: "vmx", guest: false });
    assert.deepEqual(info("fpu svm hypervisor"), { virtualization: "svm", guest: true });
    assert.deepEqual(info("fpu hypervisor"), { virtualization: undefined, guest: true });
    assert.deepEqual(parseCpu(""), { virtualization: undefined, guest: false });
  });
});

describe("the host's facts", () => {
  it("are found, and looking leaves nothing behind", async () => {
    const home = await mkdtemp(join(tmpdir(), "facts-"));
    try {
      const facts = await hostFacts(home, ["sh", "no-such-program"]);
      assert.deepEqual(facts.programs, { sh: true, "no-such-program": false });
      assert.equal(facts.disk.path, home);
      assert.ok(facts.disk.free > 0 && facts.disk.free <= facts.disk.total);
      assert.ok(facts.cpu.count >= 1);
      assert.deepEqual(await readdir(home), []);
    } finally {
      await rm(home, { recursive: true });
    }
  });
});
