import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { judge, probe } from "./probe.ts";

const nothing = { console: "", stderr: "", elapsed: 1000 };

describe("a verdict on an accelerator", () => {
  it("waits while the kernel is still running", () => {
    assert.equal(judge({ ...nothing, console: "Linux version 6.12\n" }), undefined);
  });

  it("is good once the kernel has come to the end of its own start", () => {
    const end = "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)";
    assert.deepEqual(judge({ ...nothing, console: end, ended: "exit status 0" }), {
      works: true,
      reason: "a Linux kernel ran to its end in 1.0 s",
    });
  });

  it("is bad, and says why, in each way that a host has failed", () => {
    const cases = [
      [{ stderr: "KVM internal error. Suberror: 1\nEAX=0" }, /failed after 1.0 s: KVM internal error/],
      [
        {
          stderr:
            "qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69\nqemu: kvm.c:1: f: Assertion `x' failed.\n",
          ended: "SIGABRT",
        },
        /QEMU ended \(SIGABRT\) before Linux had run: failed to set MSR/,
      ],
      [{ stderr: "qemu: x.c:1: Assertion `x' failed.\n", ended: "SIGABRT" }, /Assertion/],
      [{ console: "Linux version\nTrying to unpack", timedOut: true }, /last words were "Trying to unpack"/],
      [{ timedOut: true }, /it said nothing/],
      [
        { console: "Kernel panic - not syncing: Timer doesn't work", ended: "exit status 0" },
        /before Linux had run/,
      ],
    ] as const;
    for (const [seen, reason] of cases) {
      const verdict = judge({ ...nothing, ...seen });
      assert.equal(verdict?.works, false);
      assert.match(verdict.reason, reason);
    }
  });
});

describe("a probe", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "probe-test-"));
  });
  after(() => rm(folder, { recursive: true }));

  const run = async (script: string, limit = 5000, signal?: AbortSignal) => {
    const binary = join(folder, "program");
    await writeFile(binary, `#!/bin/sh\n${script}\n`);
    await chmod(binary, 0o755);
    const options = {
      binary,
      accelerator: "kvm",
      cpuModel: "host",
      kernel: "/k",
      scratch: folder,
      limit,
    } as const;
    return probe(signal ? { ...options, signal } : options);
  };

  it("ends the program as soon as it has a verdict", async () => {
    const start = performance.now();
    assert.equal((await run("echo 'Unable to mount root fs'; exec sleep 60")).works, true);
    assert.ok(performance.now() - start < 4000);
  });

  it("ends a program that hangs", async () => {
    assert.match((await run("echo $$; exec sleep 60", 50)).reason, /had not come to its end/);
  });

  it("rejects with the signal's reason when aborted, and leaves no folder", async () => {
    const stop = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(stop), 30);
    await assert.rejects(run("exec sleep 60", 5000, controller.signal), stop);
    assert.deepEqual(await readdir(folder), ["program"]);
  });

  it("is a bad verdict where the program cannot be started", async () => {
    const options = {
      binary: join(folder, "none"),
      accelerator: "kvm",
      cpuModel: "host",
      kernel: "/k",
    } as const;
    assert.match((await probe({ ...options, scratch: folder, limit: 1000 })).reason, /could not be started/);
  });
});
