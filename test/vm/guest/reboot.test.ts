/** Do the host's shutdown and start spare the guests, in order? A reboot: no process, no device, another boot id. */
import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import type { Schemas } from "#contract/schemas";
import { guestKey, type GuestRecord } from "#domain/guest/record";
import { isoVolume } from "#hypervisor/image/iso";
import { MiB, networkOf, processesOf, TestLodge, tinyMemory } from "../daemon.ts";

const bootId = "cat /proc/sys/kernel/random/boot_id";

describe("the host's shutdown and start", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start();
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  /** Waits for events, in whichever order. */
  async function happened(...wanted: string[]): Promise<string[]> {
    for (const end = performance.now() + 120_000; ; await delay(50)) {
      const events = await lodge.events();
      if (wanted.every((event) => events.includes(event))) return events;
      assert.ok(performance.now() < end, `of ${wanted.join(", ")} there is only: ${events.join(", ")}`);
    }
  }

  const removeAll = async () => {
    await lodge.idle();
    for (const { id } of await lodge.client.call("guestList")) await lodge.remove(id);
  };
  const states = async () =>
    Object.fromEntries((await lodge.client.call("guestList")).map(({ name, state }) => [name, state]));

  const markOf = (id: string) =>
    lodge.withStore(async (store) => ((await store.get(guestKey(id)))!.value as GuestRecord).comesBack);

  it("in order: what ran runs again, lower numbers first, suspended or stopped as each asked for", async () => {
    const db = await lodge.run({ name: "db", startOrder: 10, onHostShutdown: "stop" });
    const web = await lodge.run({ name: "web" });
    const still = await lodge.run({ name: "still", startOrder: 200 });
    await lodge.run({ name: "idle", start: false });
    await lodge.run({ name: "brief", removeWhenStopped: true });
    await lodge.sh("web", "echo kept >/dev/shm/mark");
    await lodge.sh("db", "printf written | dd of=/dev/vda conv=notrunc 2>/dev/null; sync");
    const before = { db: await lodge.sh("db", bootId), web: await lodge.sh("web", bootId) };
    await lodge.done(lodge.client.call("guestPause", { params: { guest: "still" } }));

    await lodge.shutDown({ host: true, timeout: 60 });
    const down = await lodge.events();
    const order = ["guest.suspended still", "guest.suspended web", "guest.stopped db"].map((event) =>
      down.indexOf(event),
    );
    assert.ok(order[0]! >= 0 && order[0]! < order[1]! && order[1]! < order[2]!, down.join(", "));
    assert.deepEqual(processesOf(lodge.paths), []);
    assert.deepEqual(await networkOf(lodge.tag), []);
    await lodge.rebootHost();

    await lodge.start();
    const up = await happened("guest.back db", "guest.back web", "guest.back still");
    const back = ["host.guests_return", "guest.back db", "guest.back web", "guest.back still"];
    assert.deepEqual(
      up.filter((event) => back.includes(event)),
      back,
    );
    assert.deepEqual(await states(), { db: "running", idle: "stopped", still: "paused", web: "running" });
    assert.notEqual(await lodge.sh("db", bootId), before.db);
    assert.equal(await lodge.sh("db", "head -c 7 /dev/vda"), "written");
    assert.equal(await lodge.sh("web", bootId), before.web);
    assert.equal(await lodge.sh("web", "cat /dev/shm/mark"), "kept");
    for (const { name, pid } of [db, web, still]) assert.notEqual((await lodge.guest(name)).pid, pid);
    await exec("ping", ["-c", "1", "-w", "30", web.nics[0]!.address!]);
    assert.deepEqual(globSync(join(lodge.paths.guests, "*/suspended.state*")), []);
    await removeAll();
  });

  it("at once, as by a power cut: policies decide, and what was stopped before starts on always alone", async () => {
    await lodge.run({ name: "never" });
    await lodge.run({ name: "on-failure", restart: "on-failure" });
    await lodge.run({ name: "always", restart: "always", startOrder: 1 });
    await lodge.run({ name: "autostart", restart: "always", start: false });
    await lodge.run({ name: "resting", restart: "on-failure", start: false });
    await lodge.end();
    await lodge.rebootHost();
    await lodge.start();
    const events = await happened("guest.back always", "guest.back on-failure", "guest.back autostart");
    assert.ok(events.indexOf("guest.back always") < events.indexOf("guest.back autostart"));
    assert.deepEqual(await states(), {
      always: "running",
      autostart: "running",
      never: "crashed",
      "on-failure": "running",
      resting: "stopped",
    });
    assert.match((await lodge.guest("never")).stateReason ?? "", /host went down/);
    await removeAll();
  });

  it("that are none, as the daemon alone restarts, change nothing", async () => {
    const { pid } = await lodge.run({ name: "on" });
    await lodge.run({ name: "off", restart: "always" });
    await lodge.done(lodge.client.call("guestStop", { params: { guest: "off" }, body: {} }));
    const seen = (await lodge.events()).length;
    await lodge.restart("SIGTERM");
    await lodge.idle();
    assert.deepEqual(await states(), { off: "stopped", on: "running" });
    assert.equal((await lodge.guest("on")).pid, pid);
    assert.deepEqual((await lodge.events()).slice(seen), []);
    await removeAll();
  });

  it("interrupted by the daemon's death in the middle of the return: the next one goes on with it", async () => {
    await lodge.run({ name: "first", startOrder: 1, onHostShutdown: "stop" });
    await lodge.run({ name: "second", startOrder: 2 });
    const seen = (await lodge.events()).length;
    await lodge.shutDown({ host: true, timeout: 60 });
    await lodge.rebootHost();
    await lodge.start();
    await happened("host.guests_return");
    await lodge.end("SIGKILL");
    await lodge.start();
    await happened("guest.back second");
    assert.deepEqual(await states(), { first: "running", second: "running" });
    const events = (await lodge.events()).slice(seen);
    assert.ok(events.lastIndexOf("guest.back second") > events.indexOf("guest.back first"));
    await removeAll();
  });

  it("stop a guest that cannot be suspended, switch off one that does not stop, and bring both back", async () => {
    const { id } = await runDeaf(lodge, "deaf");
    // Where its memory would be written to is a folder.
    const taken = join(lodge.paths.guests, id, "suspended.state.partial");
    await mkdir(join(taken, "x"), { recursive: true });
    await lodge.shutDown({ host: true, timeout: 6 });
    const down = await lodge.events();
    assert.ok(
      down.includes("guest.not_suspended deaf") && down.includes("guest.switched_off deaf"),
      down.join(),
    );
    await rm(taken, { recursive: true });
    await lodge.rebootHost();
    await lodge.start();
    await happened("guest.back deaf");
    await removeAll();
  });

  it("that is called off lets go on who still runs, and forgets that it was to come back", async () => {
    const { id } = await runDeaf(lodge, "deaf", { startOrder: 1, onHostShutdown: "stop" });
    await lodge.run({ name: "rests", startOrder: 2 });
    const shutdown = await lodge.client.call("hostShutdown", { body: { host: true, timeout: 200 } });
    while ((await lodge.guest("deaf")).state !== "stopping") await delay(20);
    await lodge.client.call("operationCancel", { params: { operation: shutdown.id } });
    await assert.rejects(lodge.client.waitFor(shutdown), { code: "operation.cancelled" });
    assert.deepEqual(await states(), { deaf: "running", rests: "suspended" });
    // Guests are admitted again.
    await lodge.run({ name: "new" });
    await lodge.end();
    assert.equal(await markOf(id), undefined);
    await lodge.start();
    await happened("guest.back rests");
    assert.deepEqual(await states(), { deaf: "running", new: "running", rests: "running" });
    await removeAll();
  });

  it("leave a guest at rest that cannot be brought back, say so, and bring back the others", async () => {
    const { id } = await lodge.run({ name: "lost", startOrder: 1 });
    await lodge.run({ name: "well", startOrder: 2 });
    await lodge.shutDown({ host: true, timeout: 60 });
    await lodge.rebootHost();
    await rm(join(lodge.paths.guests, id, "suspended.state"));
    await lodge.start();
    await happened("guest.not_back lost", "guest.back well");
    assert.deepEqual(await states(), { lost: "suspended", well: "running" });
    await lodge.end();
    assert.equal(await markOf(id), undefined);
    await lodge.start();
    await removeAll();
  });
});

describe("a daemon that is told to end with its guests", () => {
  it("leaves nothing running on the host, and has all of it again at its next start", async () => {
    await using lodge = await TestLodge.start();
    await lodge.run({ name: "g", restart: "always" });
    await lodge.shutDown({ guests: true });
    assert.deepEqual(processesOf(lodge.paths), []);
    assert.deepEqual(await networkOf(lodge.tag), []);
    await lodge.start();
    await lodge.idle();
    const guest = await lodge.guest("g");
    assert.equal(guest.state, "stopped");
    assert.equal((await lodge.run({ name: "forked" })).origin.how, "fork");
    await exec("ping", ["-c", "1", "-w", "30", (await lodge.guest("forked")).nics[0]!.address!]);
  });

  it("admits no new guest meanwhile", async () => {
    await using lodge = await TestLodge.start();
    await runDeaf(lodge, "slow");
    await lodge.run({ name: "rested", start: false });
    const ended = lodge.shutDown({ guests: true, timeout: 5 });
    const params = { guest: "rested" };
    await assert.rejects(
      async () => {
        for (;;) {
          await lodge.done(lodge.client.call("guestStart", { params }));
          await lodge.done(lodge.client.call("guestStop", { params, body: { force: true } }));
        }
      },
      { code: "api.stopping" },
    );
    await ended;
    await lodge.start();
  });
});

/** A guest that has nothing to start from: nobody in it hears that it is to shut down. */
async function runDeaf(lodge: TestLodge, name: string, more: Partial<Schemas["GuestCreate"]> = {}) {
  const iso = join(lodge.home, `${name}.iso`);
  await writeFile(iso, isoVolume("deaf", { hello: "hello" }));
  const body = { name, iso, disks: [{ size: 16 * MiB }], memory: tinyMemory, wait: "none" as const, ...more };
  const { result } = await lodge.done(lodge.client.call("guestCreate", { body }));
  return (result as { guest: { id: string } }).guest;
}
