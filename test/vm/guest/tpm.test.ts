/** Has a guest a TPM of its own, which is there as long as the guest is, and nowhere else? */
import assert from "node:assert/strict";
import { closeSync, readdirSync, statSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { endProcess, isAlive, processRef, waitGone, type ProcessRef } from "#base/process";
import type { Schemas } from "#contract/schemas";
import { guestPlace } from "#domain/guest/place";
import { startTpm, tpmsOf } from "#hypervisor/tpm/swtpm";
import { assertConsistent } from "./consistent.ts";
import { TpmInGuest } from "./tpm-in-guest.ts";
import { MiB, TestLodge } from "../daemon.ts";

describe("a guest's TPM", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start();
    await lodge.run({ name: "g", tpm: true });
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const tpm = (guest: string) => new TpmInGuest(lodge, guest);
  const start = (guest: string) => lodge.done(lodge.client.call("guestStart", { params: { guest } }));
  const stop = (guest: string) =>
    lodge.done(lodge.client.call("guestStop", { params: { guest }, body: { force: true } }));
  const suspend = (guest: string) => lodge.done(lodge.client.call("guestSuspend", { params: { guest } }));
  const fork = async (guest: string, body: Schemas["GuestFork"]) =>
    lodge.done(lodge.client.call("guestFork", { params: { guest }, body }));
  /** The processes of this Lodge's TPMs. */
  const processes = () => tpmsOf(lodge.paths.guests);
  const onlyProcess = async (): Promise<ProcessRef> => {
    const [first, ...others] = await processes();
    assert.ok(first && others.length === 0, `${others.length + 1} TPMs run`);
    return first;
  };

  it("is a TPM 2.0, for which it booted", async () => {
    const { origin, machine, id } = await lodge.guest("g");
    assert.deepEqual([origin.how, origin.reason, machine.tpm], ["boot", "it has a TPM", true]);
    assert.equal(await tpm("g").version(), "2");
    await onlyProcess();
    const { tpm: folder } = guestPlace(lodge.paths, id);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const file of readdirSync(folder).filter((name) => !name.startsWith(".")))
      assert.equal(statSync(join(folder, file)).mode & 0o077, 0, `${file} can be read by others`);
  });

  it("keeps over a stop and a start what it is to keep, and forgets what was measured", async () => {
    await tpm("g").keep("a secret");
    const fresh = await tpm("g").measured();
    await tpm("g").extend("once");
    assert.notEqual(await tpm("g").measured(), fresh);
    const before = await onlyProcess();
    await stop("g");
    assert.deepEqual(await processes(), []);
    await start("g");
    assert.notDeepEqual(await onlyProcess(), before);
    assert.equal(await tpm("g").kept(8), "a secret");
    assert.equal(await tpm("g").measured(), fresh);
  });

  it("comes back from suspend as it was, whatever became of the daemon", async () => {
    await tpm("g").extend("before");
    const measured = await tpm("g").measured();
    await suspend("g");
    assert.deepEqual(await processes(), []);
    await lodge.restart();
    await start("g");
    assert.equal(await tpm("g").measured(), measured);
    assert.equal(await tpm("g").kept(8), "a secret");
    await tpm("g").extend("after");
    assert.notEqual(await tpm("g").measured(), measured);
  });

  it("outlives the daemon as its guest does", async () => {
    const before = await onlyProcess();
    const measured = await tpm("g").measured();
    await lodge.end();
    assert.ok(isAlive(before), "it went with the daemon");
    await lodge.start();
    assert.deepEqual(await onlyProcess(), before);
    assert.equal(await tpm("g").measured(), measured);
  });

  it("ends with its guest, however that ends, and is there again with what it keeps", async () => {
    const before = await onlyProcess();
    const { pid } = await lodge.guest("g");
    await lodge.end();
    process.kill(pid!, "SIGKILL");
    assert.ok(await waitGone(before, 10_000), "it is left behind");
    await lodge.start();
    assert.equal((await lodge.guest("g")).pid, undefined);
    await start("g");
    assert.equal(await tpm("g").kept(8), "a secret");
  });

  it("is ended by the next daemon where it hangs", async () => {
    const before = await onlyProcess();
    const machine = processRef((await lodge.guest("g")).pid!)!;
    await lodge.end();
    process.kill(before.pid, "SIGSTOP");
    process.kill(machine.pid, "SIGKILL");
    assert.ok(await waitGone(machine, 10_000));
    await lodge.start();
    assert.ok(!isAlive(before), "it is left behind");
    await start("g");
  });

  it("whose QEMU never came is ended by the next daemon, and nobody else's is", async () => {
    const own = join(lodge.paths.guests, "gstranger00");
    const logs = { lost: join(own, "qemu.log"), stranger: join(lodge.paths.logs, "stranger.log") };
    await mkdir(own);
    const lost = await startTpm({
      guests: lodge.paths.guests,
      folder: join(own, "tpm"),
      log: logs.lost,
    });
    const stranger = await startTpm({
      guests: lodge.home,
      folder: join(lodge.home, "elsewhere"),
      log: logs.stranger,
    });
    const used = (await processes()).filter(({ pid }) => pid !== lost.process.pid);
    await lodge.restart();
    assert.ok(!isAlive(lost.process), "it is left behind");
    assert.ok(isAlive(stranger.process), "somebody else's was ended");
    assert.deepEqual(await processes(), used);
    assert.ok(used[0] && isAlive(used[0]), "that of a guest was ended");
    for (const { process, socket } of [lost, stranger]) {
      closeSync(socket);
      await endProcess(process);
    }
    await rm(own, { recursive: true });
  });

  it("is no other guest's", async () => {
    await lodge.run({ name: "other", tpm: true });
    assert.equal(await tpm("other").kept(8), undefined);
    await tpm("other").keep("of other");
    assert.equal(await tpm("g").kept(8), "a secret");
    assert.equal((await processes()).length, 2);
    await lodge.remove("other");
    await onlyProcess();
  });

  it("is in a branch as it was in its parent, and goes its own way", async () => {
    await assert.rejects(fork("g", { name: "child" }), { code: "guest.tpm_fork" });
    await tpm("g").extend("branched");
    const measured = await tpm("g").measured();
    await fork("g", { name: "child", count: 2, allowTpm: true });
    for (const name of ["child-1", "child-2"]) {
      assert.equal(await tpm(name).kept(8), "a secret");
      assert.equal(await tpm(name).measured(), measured);
    }
    await tpm("child-1").extend("its own");
    assert.notEqual(await tpm("child-1").measured(), measured);
    assert.equal(await tpm("child-2").measured(), measured);
    assert.equal(await tpm("g").measured(), measured);
    await tpm("g").extend("goes on");
    await lodge.remove("child-2");
    await stop("child-1");
    await start("child-1");
    assert.equal(await tpm("child-1").kept(8), "a secret");
    await lodge.remove("child-1");
  });

  it("that has died is missed at once and by what needs it, and is back after a restart", async () => {
    const dead = await onlyProcess();
    // Whichever daemon started it.
    await lodge.restart();
    assert.equal((await lodge.guest("g")).ails, undefined);
    process.kill(dead.pid, "SIGKILL");
    assert.ok(await waitGone(dead, 10_000));
    const ails = async () => (await lodge.guest("g")).ails?.map(({ code }) => code);
    while ((await ails()) === undefined) await delay(20);
    assert.deepEqual(await ails(), ["guest.tpm_gone"]);
    assert.equal((await lodge.guest("g")).state, "running");
    await lodge.restart();
    assert.deepEqual(await ails(), ["guest.tpm_gone"]);
    await assert.rejects(suspend("g"), { code: "guest.tpm_gone" });
    await assert.rejects(fork("g", { allowTpm: true }), { code: "guest.tpm_gone" });
    assert.equal(await lodge.sh("g", "echo goes on"), "goes on");
    await lodge.done(lodge.client.call("guestRestart", { params: { guest: "g" }, body: { force: true } }));
    assert.equal(await tpm("g").kept(8), "a secret");
    assert.equal(await ails(), undefined);
    // Nor was it missed in any guest that had ended before its TPM did.
    assert.deepEqual(
      (await lodge.events()).filter((event) => event.startsWith("guest.tpm_gone")),
      ["guest.tpm_gone g"],
    );
  });

  it("that is broken keeps its guest from starting, and nothing is left running", async () => {
    const { id } = await lodge.guest("g");
    await stop("g");
    const folder = guestPlace(lodge.paths, id).tpm;
    const [file] = readdirSync(folder).filter((name) => name.includes("permall"));
    await writeFile(join(folder, file!), "no state of a TPM");
    await assert.rejects(start("g"), (error: { code: string; message: string }) => {
      assert.equal(error.code, "guest.start_failed");
      return /its TPM cannot be used/.test(error.message);
    });
    assert.deepEqual(await processes(), []);
    assert.equal((await lodge.guest("g")).state, "stopped");
    await lodge.remove("g");
  });

  it("and secure boot are there together, as Windows 11 wants it", async () => {
    const memory = 512 * MiB;
    const guest = await lodge.run({ name: "secure", tpm: true, secureBoot: true, firmware: "uefi", memory });
    assert.equal(guest.state, "running");
    assert.equal(await tpm("secure").version(), "2");
    await suspend("secure");
    await start("secure");
    assert.equal(await tpm("secure").version(), "2");
    await lodge.remove("secure");
  });

  it("leaves nothing", async () => {
    await assertConsistent(lodge);
    await lodge.start();
  });
});
