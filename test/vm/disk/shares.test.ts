/** Do guest and host see the same files in a shared folder, for as long as the guest has it, and nothing else? */
import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { processRef, waitGone } from "#base/process";
import { folderServersOf } from "#hypervisor/share/virtiofsd";
import { TestLodge } from "../daemon.ts";

/** Whose the folder is: nobody of this host. */
const [owner, group] = [23_456, 23_457];
const firstOther = 0x7fff_0000;

describe("shared folders", () => {
  const folder = mkdtempSync("/tmp/lodge-shared-");
  const shelf = mkdtempSync("/tmp/lodge-shelf-");
  let lodge: TestLodge;
  before(async () => {
    chownSync(folder, owner, group);
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "from-host"), "hello");
    chownSync(join(folder, "from-host"), owner, group);
    chmodSync(shelf, 0o755);
    writeFileSync(join(shelf, "book"), "read me");
    lodge = await TestLodge.start(undefined, { parked: false });
    const shares = [
      { path: folder, name: "code", at: "/data" },
      { path: shelf, name: "shelf", readOnly: true },
    ];
    await lodge.run({ name: "g", shares });
  });
  after(async () => {
    try {
      await lodge?.[Symbol.asyncDispose]();
    } finally {
      for (const one of [folder, shelf]) rmSync(one, { recursive: true, force: true });
    }
  });

  const mounted = (at: string) =>
    lodge.sh("g", `until grep -q " ${at} virtiofs" /proc/mounts; do sleep 0.1; done`);
  const servers = () => folderServersOf(lodge.paths.guests);
  const host = (name: string) => join(folder, name);

  it("are mounted by the agent where that was asked for, by the time that the guest is said to be up", async () => {
    assert.match(await lodge.sh("g", "cat /proc/mounts"), / \/data virtiofs[\s\S]* \/mnt\/shelf virtiofs/);
    const { origin, shares } = await lodge.guest("g");
    assert.deepEqual([origin.how, origin.reason], ["boot", "it shares a folder of the host"]);
    assert.deepEqual(shares?.[1], { name: "shelf", path: shelf, at: "/mnt/shelf", readOnly: true });
    assert.equal(await lodge.sh("g", "cat /data/from-host"), "hello");
    assert.equal((await servers()).length, 2);
  });

  it("are written to as their owner, and by others in the guest as nobody of the host", async () => {
    await lodge.sh("g", "echo made >/data/from-guest && mkdir /data/sub && echo more >>/data/from-host");
    assert.equal(readFileSync(host("from-guest"), "utf8"), "made\n");
    assert.equal(readFileSync(host("from-host"), "utf8"), "hellomore\n");
    const made = statSync(host("from-guest"));
    assert.deepEqual([made.uid, made.gid], [owner, group]);
    await lodge.sh("g", "chmod 777 /data/sub && su guest -c 'echo mine >/data/sub/own'");
    assert.equal(statSync(host("sub/own")).uid, firstOther + 1000);
    assert.equal(await lodge.sh("g", "stat -c %u:%g /data/from-guest /data/sub/own"), "0:0\n1000:1000");
    writeFileSync(host("later"), "seen");
    assert.equal(await lodge.sh("g", "until cat /data/later 2>/dev/null; do sleep 0.1; done"), "seen");
  });

  it("are only read where that was said", async () => {
    assert.equal(await lodge.sh("g", "cat /mnt/shelf/book"), "read me");
    const { code } = await lodge.exec("g", [
      "sh",
      "-c",
      "mount -o remount,rw /mnt/shelf; echo x >/mnt/shelf/book",
    ]);
    assert.notEqual(code, 0);
    assert.equal(readFileSync(join(shelf, "book"), "utf8"), "read me");
  });

  it("hold a guest's state to its host, which is said at once", async () => {
    const params = { guest: "g" };
    const held = { code: "share.held" };
    await assert.rejects(lodge.done(lodge.client.call("guestFork", { params, body: {} })), held);
    await assert.rejects(lodge.done(lodge.client.call("guestSuspend", { params })), held);
    const body = { name: "all", memory: true };
    await assert.rejects(lodge.done(lodge.client.call("snapshotCreate", { params, body })), held);
    await assert.rejects(lodge.client.call("shareRemove", { params: { ...params, share: "code" } }), {
      code: "guest.wrong_state",
    });
    assert.equal((await lodge.guest("g")).state, "running");
    assert.equal(await lodge.sh("g", "cat /data/from-guest"), "made");
  });

  it("outlive the daemon as their guest does", async () => {
    const before = await servers();
    await lodge.restart();
    assert.deepEqual(await servers(), before);
    await lodge.sh("g", "echo again >/data/after");
    assert.equal(readFileSync(host("after"), "utf8"), "again\n");
  });

  it("are mounted again when the guest starts itself anew", async () => {
    const boot = "cat /proc/sys/kernel/random/boot_id";
    const before = await lodge.sh("g", boot);
    await lodge.exec("g", ["sh", "-c", "(sleep 0.2; reboot -f) >/dev/null 2>&1 &"]);
    while ((await lodge.sh("g", boot).catch(() => before)) === before) await delay(200);
    await mounted("/data");
    assert.equal(await lodge.sh("g", "cat /data/after"), "again");
  });

  it("are told of when what serves them has ended", async () => {
    const [first] = await servers();
    process.kill(first!.pid, "SIGKILL");
    assert.ok(await waitGone(first!, 5000));
    const ailing = async () => (await lodge.guest("g")).ails?.map(({ code }) => code) ?? [];
    while (!(await ailing()).includes("share.gone")) await delay(50);
  });

  it("end with their guest, and are taken away from one that is stopped", async () => {
    const machine = processRef((await lodge.guest("g")).pid!)!;
    const params = { guest: "g" };
    await lodge.done(lodge.client.call("guestStop", { params, body: { force: true } }));
    assert.ok(await waitGone(machine, 5000));
    assert.deepEqual(await servers(), []);
    await lodge.client.call("shareRemove", { params: { ...params, share: "code" } });
    const added = await lodge.client.call("shareAdd", { params, body: { path: folder } });
    assert.deepEqual(
      added.shares?.map(({ name, at }) => [name, at]),
      [
        ["shelf", "/mnt/shelf"],
        [folder.slice(5).toLowerCase(), `/mnt/${folder.slice(5).toLowerCase()}`],
      ],
    );
    for (const path of ["/", "/etc", lodge.home, `${lodge.home}/layers`, shelf, "/tmp/no-such-folder"])
      await assert.rejects(lodge.client.call("shareAdd", { params, body: { path, name: "x" } }), {
        code: "share.refused",
      });
  });
});
