/** What becomes of files for which the disk has no room? */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { exec } from "#base/exec";
import { hasCode, type ErrorCode } from "#contract/errors";
import { FakedDaemon } from "../fakes/faked-daemon.ts";
import { diskBytes, sourceOf } from "../fakes/upload-source.ts";

const MiB = 2 ** 20;
const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);

describe("an upload for which there is no room", () => {
  let daemon: FakedDaemon;
  let images = "";
  before(async () => {
    daemon = await FakedDaemon.start();
    ({ images } = daemon.paths);
    await daemon.stop();
    await exec("mount", ["-t", "tmpfs", "-o", "size=40m,mode=711", "none", images]);
    await daemon.restart();
  });
  after(async () => {
    await daemon.stop();
    await exec("umount", [images]);
    await daemon.restart();
    await daemon.close();
  });

  it("is refused before a byte of it is sent, with what is missing", async () => {
    const body = { file: "large.img", size: 100 * MiB };
    await assert.rejects(daemon.client.call("uploadCreate", { body }), (error) => {
      assert.ok(hasCode(error, "upload.no_space"));
      assert.deepEqual([error.params["missing"], error.params["size"]], ["62 MiB", "100 MiB"]);
      return true;
    });
  });

  it("counts what others that are open have yet to send", async () => {
    const body = { file: "half.img", size: 20 * MiB };
    const { id } = await daemon.client.call("uploadCreate", { body });
    await assert.rejects(daemon.client.call("uploadCreate", { body }), is("upload.no_space"));
    await daemon.client.call("uploadDelete", { params: { upload: id } });
  });

  it("stops where the disk fills up meanwhile, keeps what is there, and goes on once there is room", async () => {
    const bytes = diskBytes(30 * MiB);
    const source = sourceOf("fills.img", bytes);
    const filler = join(images, "filler");
    let filled: Promise<void> | undefined;
    const sending = daemon.client.upload({
      ...source,
      async read(from, to) {
        if (from > 0 && to < bytes.length) await (filled ??= writeFile(filler, Buffer.alloc(20 * MiB)));
        return source.read(from, to);
      },
    });
    await assert.rejects(sending, is("upload.no_space"));
    const [open] = await daemon.client.call("uploadList");
    assert.ok(open && open.offset > 0 && open.offset < bytes.length);
    await writeFile(filler, "");
    source.from.length = 0;
    const whole = await daemon.client.upload(source);
    assert.equal(whole.state, "complete");
    assert.equal(source.from[2], open.offset);
  });
});
