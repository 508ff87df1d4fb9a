/** Is a disk in a pool that two hosts share taken where it is when its guest moves, and does nothing of it stay behind? */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { hasEnded } from "#contract/operation";
import { tinyMemory } from "../vm/daemon.ts";
import { eventually } from "../vm/net/machine.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

describe("a guest with a disk in a common pool, and one of its host's", { skip }, () => {
  let hosts: Hosts;
  let h1: Host;
  let h2: Host;
  let folder: string;

  before(async () => {
    hosts = await Hosts.start(2, { disk: 2 ** 30 });
    [h1, h2] = hosts.all as [Host, Host];
    await typed(h1, "cluster", "init");
    const line = (await typed(h1, "cluster", "token")).trim().split(" ");
    await typed(h2, ...line.slice(1));
    // One mount on both, as a file server's would be.
    const shared = join(hosts.folder, "shared");
    await mkdir(shared);
    for (const host of hosts.all) await host.run(["mount", "--bind", shared, shared]);
    folder = join(shared, "lodge");
    for (const host of hosts.all) await typed(host, "pool", "create", "team", "--kind", "shared", shared);
    await typed(h1, "network", "underlay", "trusted");
    const memory = `${tinyMemory / 2 ** 20}M`;
    await typed(h1, "run", "tiny", "--host", "h1", "--name", "web", "--memory", memory);
    await typed(h1, "volume", "move", "web:disk0", "team");
    await typed(h1, "stop", "--force", "web");
    await typed(h1, "disk", "add", "web", "16M", "--bus", "virtio-blk");
    await typed(h1, "start", "web");
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  async function typed(host: Host, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await host.lodge(words);
    assert.equal(code, 0, `${host.name}: lodge ${words.join(" ")}\n${stdout}${stderr}\n${await host.log()}`);
    return stdout;
  }
  const sh = async (at: Host, script: string) =>
    (await typed(at, "exec", "web", "--", "sh", "-c", script)).trim();
  const names = async (at: Host, of: string) => (await at.run(["ls", of])).split("\n").filter(Boolean);
  const write = (at: Host, disk: string, block: number, word: string) =>
    sh(
      at,
      `printf '%-512s' ${word} | dd of=/dev/${disk} bs=512 seek=${block} conv=notrunc,fsync 2>/dev/null`,
    );
  const read = (at: Host, disk: string, block: number) =>
    sh(at, `dd if=/dev/${disk} bs=512 skip=${block} count=1 iflag=direct 2>/dev/null | tr -d ' '`);
  /** What lies in the pool, by its inode: a copy would be another. */
  const inPool = async () =>
    (await h1.run(["find", folder, "-name", "*.qcow2", "-not", "-path", "*/.cells/*", "-printf", "%i %f\n"]))
      .trim()
      .split("\n")
      .toSorted();
  const paths = async (at: Host) =>
    (await names(at, `${at.home}/layers`)).filter((name) => !name.startsWith("."));

  async function isOn(at: Host, other: Host): Promise<void> {
    await eventually(async () => {
      const { state, host } = await at.client.call("guestGet", { params: { guest: "web" } });
      assert.deepEqual([state, host], ["running", at.name]);
      // A template of its image may have been parked there, or is just being made.
      const guests = await names(other, `${other.home}/guests`);
      assert.deepEqual(
        guests.filter((name) => name.startsWith("g")),
        [],
      );
      assert.equal((await paths(other)).length, (await names(other, `${other.home}/templates`)).length);
    });
  }

  it("runs on at the other host, and no byte of the common disk is copied", async () => {
    await write(h1, "vda", 9, "before");
    await write(h1, "vdb", 9, "mixed");
    // Two files on each other, which name each other by where h1 has its home.
    await typed(h1, "snapshot", "create", "web", "first");
    await write(h1, "vda", 10, "after");
    await sh(h1, "echo kept >/dev/shm/kept");
    const files = await inPool();
    assert.match(await typed(h1, "move", "web", "--to", "h2"), /web is on h2; it stood still/);
    await isOn(h2, h1);
    assert.deepEqual(await inPool(), files);
    assert.equal(await sh(h2, "cat /dev/shm/kept"), "kept");
    assert.deepEqual(
      [await read(h2, "vda", 9), await read(h2, "vda", 10), await read(h2, "vdb", 9)],
      ["before", "after", "mixed"],
    );
    await write(h2, "vda", 11, "there");
  });

  it("is whole where it starts anew from those files, and their names are of that host", async () => {
    await typed(h2, "stop", "--force", "web");
    await typed(h2, "start", "web");
    assert.equal(await read(h2, "vda", 11), "there");
    await typed(h2, "snapshot", "create", "web", "second");
    await write(h2, "vda", 12, "more");
  });

  it("goes on where it was when its move is cancelled, and can write to its disk", async () => {
    const body = { to: "h1", bandwidth: 4 * 2 ** 20 };
    const operation = await h2.client.call("guestMove", { params: { guest: "web" }, body });
    const params = { operation: operation.id };
    await eventually(async () => {
      const now = await h2.client.call("operationGet", { params });
      assert.equal(hasEnded(now), false, JSON.stringify(now.error));
      assert.match(now.progress.message, /memory/);
    });
    await h2.client.call("operationCancel", { params });
    await eventually(async () =>
      assert.equal(hasEnded(await h2.client.call("operationGet", { params })), true),
    );
    await isOn(h2, h1);
    await write(h2, "vda", 13, "on");
    assert.equal(await read(h2, "vda", 13), "on");
  });

  it("stays paused on its way back, has its disk there, and goes on as it is told", async () => {
    await typed(h2, "pause", "web");
    const files = await inPool();
    assert.match(await typed(h2, "move", "web", "--to", "h1"), /web is on h1/);
    // A snapshot freezes what it writes to, which its QEMU has to have for that.
    await typed(h1, "snapshot", "create", "web", "third");
    await typed(h1, "resume", "web");
    await isOn(h1, h2);
    const now = await inPool();
    assert.deepEqual(
      files.filter((file) => !now.includes(file)),
      [],
    );
    assert.deepEqual([await read(h1, "vda", 12), await read(h1, "vdb", 9)], ["more", "mixed"]);
  });

  it("moves at rest, and is removed with all its files by the host that has it then", async () => {
    await typed(h1, "stop", "--force", "web");
    const files = await inPool();
    assert.match(await typed(h1, "move", "web", "--to", "h2"), /web is on h2/);
    assert.deepEqual(await inPool(), files);
    await typed(h2, "start", "web");
    assert.equal(await read(h2, "vda", 9), "before");
    await typed(h2, "rm", "--force", "--snapshots", "web");
    await eventually(async () => assert.deepEqual(await inPool(), [""]));
    assert.deepEqual(await names(h1, folder), []);
  });
});
