/** Do guests outlive the daemon, and does the next one find everything as it is? */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import { isAlive, processRef, waitGone } from "#base/process";
import { networkOf, TestLodge } from "../daemon.ts";

describe("a daemon's end", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start();
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    it(`by ${signal} leaves guests running, and the next daemon takes them up`, async () => {
      const guest = await lodge.run({ name: `by-${signal.toLowerCase()}` });
      await lodge.sh(guest.name, "echo kept >/dev/shm/mark");
      await lodge.end(signal);
      assert.ok(processRef(guest.pid!), "the guest went with the daemon");
      await exec("ping", ["-c", "1", "-w", "30", guest.nics[0]!.address!]);
      await lodge.start();
      const found = await lodge.guest(guest.name);
      assert.deepEqual([found.state, found.pid], ["running", guest.pid]);
      assert.equal(await lodge.sh(guest.name, "cat /dev/shm/mark"), "kept");
      await lodge.remove(guest.name);
    });
  }

  it("leaves a command in a guest running", async () => {
    const guest = await lodge.run({ name: "worker" });
    const command = await lodge.client.exec("worker", {
      argv: ["sh", "-c", "sleep 3; echo done >/dev/shm/ended"],
    });
    command.exit.catch(() => undefined);
    command.stdout.resume();
    command.stderr.resume();
    await lodge.restart();
    assert.equal(await lodge.sh("worker", "sleep 4; cat /dev/shm/ended"), "done");
    await lodge.remove(guest.id);
  });

  it("keeps a paused guest paused, and a template's memory in use", async () => {
    await lodge.run({ name: "still" });
    await lodge.done(lodge.client.call("guestPause", { params: { guest: "still" } }));
    await lodge.restart();
    assert.equal((await lodge.guest("still")).state, "paused");
    await lodge.done(lodge.client.call("guestResume", { params: { guest: "still" } }));
    assert.equal(await lodge.sh("still", "echo yes"), "yes");
    await lodge.remove("still");
    assert.equal((await lodge.run({ name: "later" })).origin.how, "fork");
    await lodge.remove("later");
  });

  it("is told apart from a guest's end that came meanwhile", async () => {
    const { pid } = await lodge.run({ name: "gone" });
    await lodge.end();
    process.kill(pid!, "SIGKILL");
    await waitGone(processRef(pid!) ?? { pid: pid!, startTime: "" }, 5000);
    await lodge.start();
    const gone = await lodge.guest("gone");
    assert.ok(["stopped", "crashed"].includes(gone.state), gone.state);
    assert.equal(gone.pid, undefined);
    assert.match(gone.stateReason ?? "", /while the daemon was down/);
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "gone" } }));
    assert.equal((await lodge.guest("gone")).state, "running");
    await lodge.remove("gone");
  });

  it("leaves no strange QEMU of this home running, and touches nobody else's", async () => {
    const own = await stranger(join(lodge.paths.run, "gstranger00"));
    const other = await stranger("/tmp/lodge-vm-stranger");
    try {
      await lodge.restart();
      assert.ok(await waitGone(own, 5000), "a QEMU of this home that no record knows still runs");
      assert.ok(isAlive(other), "somebody else's QEMU was ended");
    } finally {
      process.kill(other.pid, "SIGKILL");
      await rm("/tmp/lodge-vm-stranger", { recursive: true, force: true });
      await rm(join(lodge.paths.run, "gstranger00"), { recursive: true, force: true });
    }
  });

  it("does not come about by a second daemon on the same home, which refuses", async () => {
    const program = join(import.meta.dirname, "../../../bin/lodged.ts");
    const flags = ["--experimental-ffi", "--disable-warning=ExperimentalWarning"];
    const second = await exec(process.execPath, [...flags, program, "--home", lodge.home], {
      timeout: 20_000,
    }).catch((error: { detail?: string; message: string }) => error);
    assert.ok("message" in second, "it started");
    assert.match(`${second.message} ${second.detail}`, /already|running/i);
    assert.equal((await lodge.client.call("hostGet")).pid, lodge.pid);
  });

  it("loses no network: bridge, addresses and names are there again", async () => {
    const guest = await lodge.run({ name: "net" });
    await lodge.end();
    const [bridge] = (await networkOf(lodge.tag)).filter((name) => name.startsWith("ldg"));
    await exec("ip", ["link", "delete", bridge!]);
    await lodge.start();
    await exec("ping", ["-c", "1", "-w", "30", guest.nics[0]!.address!]);
    await lodge.remove("net");
  });

  it("after a reboot finds templates' memory again from their copy on disk", async () => {
    const [template] = await lodge.client.call("templateList");
    await lodge.end();
    // What a reboot does to what is held in memory.
    const holder = await lodge.withStore(async (store) => {
      const item = await store.get(`templates/${template!.id}`);
      return (item!.value as { holder: { pid: number } }).holder;
    });
    process.kill(holder.pid, "SIGKILL");
    await delay(100);
    await lodge.start();
    assert.equal((await lodge.client.call("templateList"))[0]!.state, "evicted");
    const guest = await lodge.run({ name: "refilled" });
    assert.equal(guest.origin.how, "fork");
    assert.equal(await lodge.sh("refilled", "hostname"), "refilled");
    await lodge.remove("refilled");
  });

  it("keeps the log of events, so that a listener misses nothing", async () => {
    const kinds = (await readFile(join(lodge.paths.logs, "events.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { kind: string }).kind);
    assert.ok(kinds.includes("guest.created") && kinds.includes("guest.removed"), kinds.join());
  });
});

/** A QEMU whose monitor lies in the folder. */
async function stranger(folder: string) {
  await mkdir(folder, { recursive: true });
  const args = [
    "-M",
    "none",
    "-display",
    "none",
    "-S",
    "-chardev",
    `socket,id=qmp,path=${folder}/qmp,server=on,wait=off`,
  ];
  const child = spawn("qemu-system-x86_64", args, { stdio: "ignore", detached: true });
  await new Promise((resolve) => child.once("spawn", resolve));
  child.unref();
  await delay(300);
  return processRef(child.pid!)!;
}
