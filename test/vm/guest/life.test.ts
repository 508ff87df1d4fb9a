/** Does a guest do what its owner asks for, all its life? */
import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import type { RouteName } from "#contract/routes";
import { isoVolume } from "#hypervisor/image/iso";
import { MiB, TestLodge, tinyMemory } from "../daemon.ts";

describe("a guest", () => {
  let lodge: TestLodge;
  let scratch = "";
  before(async () => {
    scratch = await mkdtemp("/tmp/lodge-vm-scratch-");
    lodge = await TestLodge.start();
    await lodge.run({ name: "g" });
  });
  after(async () => {
    await rm(scratch, { recursive: true, force: true });
    await lodge?.[Symbol.asyncDispose]();
  });

  const act = (route: RouteName & `guest${"Start" | "Pause" | "Resume" | "Suspend"}`, guest: string) =>
    lodge.done(lodge.client.call(route, { params: { guest } }));
  const stop = (guest: string, body = {}) =>
    lodge.done(lodge.client.call("guestStop", { params: { guest }, body }));
  const becomes = async (guest: string, state: string, seconds = 30) => {
    const end = performance.now() + seconds * 1000;
    for (;;) {
      const now = await lodge.guest(guest);
      if (now.state === state) return now;
      if (performance.now() > end) assert.fail(`${guest} is ${now.state} (${now.stateReason}), not ${state}`);
      await delay(50);
    }
  };

  it("stands still while paused, and goes on", async () => {
    await act("guestPause", "g");
    assert.equal((await lodge.guest("g")).state, "paused");
    await assert.rejects(lodge.exec("g", ["true"]), { code: "guest.wrong_state" });
    await act("guestResume", "g");
    assert.equal(await lodge.sh("g", "echo on"), "on");
  });

  it("comes back from suspend with its memory, and its process is gone meanwhile", async () => {
    await lodge.sh("g", "echo remembered >/dev/shm/mark; (sleep 1000 & echo $! >/dev/shm/pid)");
    const before = await lodge.guest("g");
    await act("guestSuspend", "g");
    const suspended = await lodge.guest("g");
    assert.deepEqual([suspended.state, suspended.pid], ["suspended", undefined]);
    await lodge.restart();
    await act("guestStart", "g");
    assert.equal(
      await lodge.sh("g", "cat /dev/shm/mark; kill -0 $(cat /dev/shm/pid) && echo alive"),
      "remembered\nalive",
    );
    const after = await lodge.guest("g");
    assert.deepEqual(after.nics, before.nics);
    await exec("ping", ["-c", "1", "-w", "30", after.nics[0]!.address!]);
  });

  it("keeps its disk over a stop and a start", async () => {
    await lodge.sh("g", "printf on-disk | dd of=/dev/vda conv=notrunc 2>/dev/null; sync");
    const { pid } = await lodge.guest("g");
    await stop("g", { timeout: 30 });
    assert.equal((await lodge.guest("g")).state, "stopped");
    await act("guestStart", "g");
    assert.equal(await lodge.sh("g", "head -c 7 /dev/vda"), "on-disk");
    assert.notEqual((await lodge.guest("g")).pid, pid);
  });

  it("restarts", async () => {
    const { pid } = await lodge.guest("g");
    await lodge.done(lodge.client.call("guestRestart", { params: { guest: "g" }, body: { force: true } }));
    const now = await lodge.guest("g");
    assert.equal(now.state, "running");
    assert.notEqual(now.pid, pid);
    assert.equal(await lodge.sh("g", "echo up"), "up");
  });

  it("says why it booted instead of forking", async () => {
    const guest = await lodge.run({ name: "cold", cold: true, wait: "none" });
    assert.deepEqual([guest.origin.how, guest.origin.reason], ["boot", "a cold boot was asked for"]);
    await lodge.remove("cold");
  });

  it("refuses what its state does not allow, naming the states that would do", async () => {
    await assert.rejects(
      lodge.client.call("guestUpdate", { params: { guest: "g" }, body: { memory: tinyMemory * 2 } }),
      (error: { code: string; message: string }) =>
        error.code === "guest.wrong_state" && error.message.includes("stopped"),
    );
    await assert.rejects(act("guestResume", "g"), { code: "guest.wrong_state" });
    await assert.rejects(act("guestStart", "g"), { code: "guest.wrong_state" });
    await assert.rejects(lodge.done(lodge.client.call("guestDelete", { params: { guest: "g" } })), {
      code: "guest.wrong_state",
    });
    await assert.rejects(lodge.guest("nobody"), { code: "guest.not_found" });
  });

  it("takes other processors and memory while it is stopped, and another name at any time", async () => {
    await lodge.run({ name: "sized", start: false });
    const body = { memory: 192 * MiB, cpus: 2, name: "resized" };
    await lodge.client.call("guestUpdate", { params: { guest: "sized" }, body });
    await act("guestStart", "resized");
    await lodge.sh("resized", "true");
    assert.equal(await lodge.sh("resized", "nproc"), "2");
    await assert.rejects(
      lodge.client.call("guestUpdate", { params: { guest: "resized" }, body: { name: "g" } }),
      { code: "guest.name_taken" },
    );
    await lodge.client.call("guestUpdate", { params: { guest: "resized" }, body: { name: "again" } });
    await assert.rejects(lodge.guest("resized"), { code: "guest.not_found" });
    await lodge.remove("again");
  });

  it("is removed when it ends, where that was asked for", async () => {
    await lodge.run({ name: "brief", removeWhenStopped: true });
    await lodge.sh("brief", "(sleep 0.3; poweroff -f) >/dev/null 2>&1 &");
    await gone("brief");
  });

  it("starts again when it failed, as its restart policy says, and not otherwise", async () => {
    const policies = { never: "crashed", "on-failure": "running", always: "running" } as const;
    for (const [restart, expected] of Object.entries(policies)) {
      const name = `policy-${restart}`;
      const { pid } = await lodge.run({ name, restart: restart as keyof typeof policies });
      process.kill(pid!, "SIGKILL");
      await delay(200);
      const now = await becomes(name, expected);
      if (expected === "running") assert.notEqual(now.pid, pid);
      await lodge.idle();
      await lodge.remove(name);
    }
  });

  it("that shut itself down stays down on policy on-failure", async () => {
    await lodge.run({ name: "done", restart: "on-failure" });
    await lodge.sh("done", "(sleep 0.3; poweroff -f) >/dev/null 2>&1 &");
    await becomes("done", "stopped");
    await delay(300);
    assert.equal((await lodge.guest("done")).state, "stopped");
    await lodge.remove("done");
  });

  it("gets an ISO into its drive while it runs, and lets it go", async () => {
    const iso = join(scratch, "medium.iso");
    await writeFile(iso, isoVolume("medium", { hello: "hello from the medium" }));
    const drive = (image: string | null) =>
      lodge.client.call("guestDrive", { params: { guest: "g" }, body: { image } });
    assert.equal((await drive(iso)).drives[0]!.image, iso);
    const held = (await lodge.guest("g")).pid!;
    assert.ok(openFiles(held).includes(iso), "QEMU has not opened it");
    assert.equal((await drive(null)).drives[0]!.image, undefined);
    assert.ok(!openFiles(held).includes(iso), "QEMU still has it open");
    await assert.rejects(drive("no-such-image"), { code: "image.not_found" });
  });

  it("has a console that tells what was said before anyone listened, and takes what is typed", async () => {
    await lodge.sh("g", "echo said-earlier >/dev/ttyS0");
    const console = await lodge.client.console("g");
    console.on("error", () => undefined);
    let seen = "";
    console.on("data", (bytes: Buffer) => (seen += bytes.toString()));
    const sees = async (words: RegExp) => {
      const end = performance.now() + 10_000;
      while (!words.test(seen)) {
        assert.ok(performance.now() < end, `the console said: ${seen.slice(-500)}`);
        await delay(20);
      }
    };
    await sees(/said-earlier/);
    console.write("echo typed-$((40 + 2))\n");
    await sees(/typed-42/);
    console.destroy();
    const log = await lodge.client.call("guestLogs", { params: { guest: "g" } });
    assert.match(String(log), /typed-42/);
  });

  it("shows its screen as a PNG", async () => {
    const image = await lodge.client.call("guestScreenshot", { params: { guest: "g" } });
    const bytes = Buffer.from(image as unknown as Uint8Array);
    assert.deepEqual(bytes.subarray(0, 8), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  });

  it("takes files in and gives them out", async () => {
    const folder = join(scratch, "in");
    await exec("mkdir", ["-p", `${folder}/sub`, `${scratch}/out`]);
    const content = Buffer.alloc(3 * MiB, "0123456789abcdef");
    await writeFile(join(folder, "big"), content);
    await writeFile(join(folder, "sub/small"), "small\n");
    await exec("tar", ["-C", folder, "-cf", `${scratch}/in.tar`, "."]);
    await lodge.sh("g", "mkdir -p /root/copied");
    await lodge.client.fileIn("g", "/root/copied", Readable.from([await readFile(`${scratch}/in.tar`)]));
    assert.equal(await lodge.sh("g", "cat /root/copied/sub/small"), "small");
    const out = await lodge.client.fileOut("g", "/root/copied");
    const parts: Buffer[] = [];
    for await (const part of out) parts.push(part as Buffer);
    await writeFile(`${scratch}/out.tar`, Buffer.concat(parts));
    await exec("tar", ["-C", `${scratch}/out`, "-xf", `${scratch}/out.tar`]);
    assert.ok((await readFile(`${scratch}/out/copied/big`)).equals(content));
    await assert.rejects(async () => void (await lodge.client.fileOut("g", "/no/such/file")), {
      code: "agent.file",
    });
  });

  async function gone(name: string): Promise<void> {
    const end = performance.now() + 20_000;
    while ((await lodge.client.call("guestList")).some((guest) => guest.name === name)) {
      assert.ok(performance.now() < end, `${name} is still there`);
      await delay(50);
    }
  }
});

const openFiles = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
