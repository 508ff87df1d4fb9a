/** Can a file of this computer become an image on another one, also when it is interrupted on its way? */
import assert from "node:assert/strict";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import { FakedDaemon } from "../fakes/faked-daemon.ts";
import { run } from "./lodge.ts";

const MiB = 2 ** 20;

describe("image import with a daemon elsewhere", () => {
  let daemon: FakedDaemon;
  let file = "";
  let env: Record<string, string> = {};
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true });
    env = { LODGE_URL: await daemon.url(), LODGE_TOKEN: await daemon.token() };
    file = join(daemon.folder, "Large Disk.img");
    // A partition table, and then nothing for long: it takes time and no space.
    await using disk = await open(file, "w");
    await disk.write(Buffer.from([0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 0xff, 0, 0, 0]), 0, 16, 446);
    await disk.write(Buffer.from([0x55, 0xaa]), 0, 2, 510);
    await disk.truncate(256 * MiB);
  });
  after(() => daemon.close());

  const lodge = (...words: string[]) => run(words, { env }).ended;

  it("sends the file, leaves it there on Ctrl-C, and goes on when it is typed again", async () => {
    const first = run(["image", "import", file, "--agent", "qemu"], { env });
    const uploads = join(daemon.paths.images, "uploads");
    await retry(
      async () => {
        const [id] = await readdir(uploads);
        if (id === undefined || (await stat(join(uploads, id))).size < MiB) throw new TypeError("not yet");
      },
      { clock: systemClock, first: 5, longest: 20, timeout: 30_000 },
    );
    first.child.kill("SIGINT");
    const stopped = await first.ended;
    assert.equal(stopped.code, 130, stopped.stderr);
    assert.match(stopped.stderr, /of 268435456 bytes of Large Disk\.img are there/);

    const listed = await lodge("upload", "ls");
    assert.match(listed.stdout, /Large Disk\.img +open /);
    const again = await lodge("image", "import", file, "--agent", "qemu");
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /Going on behind/);
    assert.match(again.stdout, /Image large-disk is ready/);
    const image = await daemon.client.call("imageGet", { params: { image: "large-disk" } });
    assert.deepEqual([image.size, image.agent], [256 * MiB, "qemu"]);
    assert.ok(image.stored < 4 * MiB);
    assert.match((await lodge("upload", "ls")).stderr, /No upload is open/);
  });

  it("says at once that a name is taken or a file is none, and keeps nothing", async () => {
    const taken = await lodge("image", "import", file, "--name", "large-disk");
    assert.equal(taken.code, 4);
    assert.match(taken.stderr, /already exists/);
    assert.match((await lodge("image", "import", daemon.folder)).stderr, /not a plain file/);
    assert.equal((await lodge("image", "import", "/nowhere.iso")).code, 1);
    assert.deepEqual(await daemon.client.call("uploadList"), []);
  });

  it("reads a path of the daemon's host where that is meant", async () => {
    const there = await lodge("image", "import", file, "--on-host", "--name", "there");
    assert.equal(there.code, 0, there.stderr);
  });

  it("has an upload given up", async () => {
    const { id } = await daemon.client.call("uploadCreate", { body: { file: "x.iso", size: 5 } });
    assert.match((await lodge("upload", "rm", id)).stdout, /The upload of x\.iso is removed/);
    assert.equal((await lodge("upload", "rm", id)).code, 3);
  });
});
