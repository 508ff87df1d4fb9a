import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Schemas } from "#contract/schemas";
import { openScene, type Ended, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => (scene = await openScene()));
after(() => scene.close());

const GiB = 2 ** 30;
const shown = async (name: string): Promise<Schemas["Volume"]> =>
  JSON.parse((await scene.lodge(["volume", "show", name, "-f", "json"])).stdout);

/** A command that begins long work, which succeeds. */
async function done(words: readonly string[], result: object = {}): Promise<Ended> {
  const running = scene.start(["volume", ...words]);
  await scene.advance({ status: "succeeded", endedAt: "2026-01-02T03:04:06.000Z", result });
  return running.ended;
}

describe("lodge volume", () => {
  it("makes one, of the size and the kind that it is told", async () => {
    const asked: Schemas["VolumeCreate"][] = [];
    const { volumes } = scene.daemon.services;
    const create = volumes.create;
    volumes.create = (body, project) => (asked.push(body), create(body, project));
    const { code, stdout } = await done(["create", "data", "100G"]);
    assert.deepEqual([code, stdout], [0, "volume data is made: 100 GiB\n"]);
    const words = ["--pool", "fast", "--format", "raw", "--encrypt", "--description", "of all"];
    assert.equal((await done(["create", "vault", "10G", ...words])).code, 0);
    const vault = { pool: "fast", format: "raw", encrypt: true, description: "of all" };
    assert.deepEqual(asked, [
      { name: "data", size: 100 * GiB },
      { name: "vault", size: 10 * GiB, ...vault },
    ]);
  });

  it("refuses sizes that are none, and a name that is taken", async () => {
    const size = await scene.lodge(["volume", "create", "new", "large"]);
    assert.equal(size.code, 2);
    assert.match(size.stderr, /SIZE: 'large' is not a size/);
    assert.equal((await scene.lodge(["volume", "create", "data", "1G"])).code, 4);
  });

  it("returns at once where nobody waits, and says how to", async () => {
    const { code, stdout } = await scene.lodge(["volume", "create", "later", "1G", "--no-wait"]);
    assert.equal(code, 0);
    const [, id] = /'lodge operation wait (\S+)' waits for it/.exec(stdout) ?? [];
    await scene.advance({ status: "succeeded", endedAt: "2026-01-02T03:04:06.000Z" });
    assert.equal((await scene.lodge(["operation", "wait", id!])).code, 0);
  });

  it("gives one to a guest and takes it out again", async () => {
    const given = await done(["attach", "data", "db", "--bus", "virtio-scsi"], { disk: "disk1" });
    assert.deepEqual([given.code, given.stdout], [0, "volume data is disk1 of db\n"]);
    const list = (await scene.lodge(["volume", "ls"])).stdout;
    assert.match(list, /^NAME +POOL +SIZE +USED +FORMAT +GUEST$/m);
    assert.match(list, /^data +default +100 GiB +0 B +qcow2 +db \(disk1\)$/m);
    assert.match(list, /^later .* –$/m);
    const taken = await done(["detach", "data"]);
    assert.deepEqual([taken.code, taken.stdout], [0, "volume data is in no guest\n"]);
    assert.equal((await shown("data")).guestName, undefined);
  });

  it("makes one larger, and another of it, and moves it", async () => {
    const larger = await done(["resize", "data", "200G"]);
    assert.deepEqual([larger.code, larger.stdout], [0, "volume data has 200 GiB\n"]);
    assert.equal((await shown("data")).size, 200 * GiB);
    const clone = await done(["clone", "data", "data-test", "--full"]);
    assert.deepEqual([clone.code, clone.stdout], [0, "volume data-test is made of data\n"]);
    const moved = await done(["move", "data", "fast"]);
    assert.deepEqual([moved.code, moved.stdout], [0, "volume data is in pool fast\n"]);
    assert.match((await scene.lodge(["volume", "show", "data"])).stdout, /^pool +fast$/m);
  });

  it("says where a move has left something", async () => {
    const warning = "What it stood on is in pool default still: a snapshot holds it.";
    const { code, stdout, stderr } = await done(["move", "data", "default"], { warning });
    assert.deepEqual([code, stdout], [0, ""]);
    assert.ok(stderr.includes(warning));
  });

  it("removes several, and tells of one that is not there", async () => {
    const { code, stdout, stderr } = await scene.lodge(["volume", "rm", "data", "none", "data-test"]);
    assert.deepEqual([code, stdout], [3, "volume data is removed\nvolume data-test is removed\n"]);
    assert.match(stderr, /^Error: none: .*'none'/m);
    assert.equal((await scene.lodge(["volume", "ls", "-q"])).stdout, "vault\nlater\n");
  });
});
