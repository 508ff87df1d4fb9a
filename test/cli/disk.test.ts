import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Schemas } from "#contract/schemas";
import { fakeGuest } from "../fakes/fake-services.ts";
import { openScene, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => (scene = await openScene()));
after(() => scene.close());

const done = (result?: unknown) => ({
  status: "succeeded" as const,
  endedAt: "2026-01-02T03:04:06.000Z",
  ...(result === undefined ? {} : { result }),
});

describe("lodge disk", () => {
  it("lists a guest's disks", async () => {
    const { code, stdout } = await scene.lodge(["disk", "ls", "db"]);
    assert.equal(code, 0);
    assert.deepEqual(stdout.split("\n"), [
      "DISK     SIZE  BUS          FORMAT  SERIAL",
      "disk0  10 GiB  virtio-blk   qcow2   g000-disk0",
      "disk1   1 GiB  virtio-scsi  raw     g000-disk1",
      "",
    ]);
    assert.equal((await scene.lodge(["disk", "ls", "db", "-q"])).stdout, "disk0\ndisk1\n");
  });

  it("adds one, and says which it is", async () => {
    const asked: Schemas["DiskAdd"][] = [];
    const { guests } = scene.daemon.services;
    const addDisk = guests.addDisk;
    guests.addDisk = (ref, body) => (asked.push(body), addDisk(ref, body));
    try {
      const running = scene.start(["disk", "add", "db", "100G", "--format", "raw"]);
      await scene.advance(done({ guest: fakeGuest("db"), disk: "disk2" }));
      const { code, stdout } = await running.ended;
      assert.deepEqual([code, stdout], [0, "db has one more disk: disk2, 100 GiB\n"]);
      assert.deepEqual(asked, [{ size: 107_374_182_400, format: "raw" }]);
    } finally {
      guests.addDisk = addDisk;
    }
  });

  it("makes one larger, and says what did not follow", async () => {
    const running = scene.start(["disk", "resize", "db", "disk0", "20G"]);
    const warning = "The agent in guest db cannot make its root file system larger.";
    await scene.advance(done({ guest: fakeGuest("db"), disk: "disk0", warning }));
    const { code, stdout, stderr } = await running.ended;
    assert.deepEqual([code, stdout], [0, "disk0 of db has 20 GiB\n"]);
    assert.ok(stderr.includes(warning));
  });

  it("removes one", async () => {
    const running = scene.start(["disk", "rm", "db", "disk1"]);
    await scene.advance(done());
    const { code, stdout } = await running.ended;
    assert.deepEqual([code, stdout], [0, "disk1 of db is removed\n"]);
  });

  it("refuses what there is not, and sizes that are none", async () => {
    const gone = await scene.lodge(["disk", "rm", "db", "disk7"]);
    assert.notEqual(gone.code, 0);
    assert.match(gone.stderr, /Guest 'db' has no disk 'disk7'/);
    assert.match(gone.stderr, /lodge disk ls db/);
    const size = await scene.lodge(["disk", "add", "db", "large"]);
    assert.notEqual(size.code, 0);
    assert.match(size.stderr, /SIZE: 'large' is not a size/);
    const small = await scene.lodge(["disk", "add", "db", "1000"]);
    assert.match(small.stderr, /size: must be at least 1048576/);
  });
});
