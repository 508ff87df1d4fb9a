import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { backingFile, renameBacking } from "./backing.ts";

describe("the name of what a qcow2 file stands on", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const qemuImg = (...args: string[]) => execFileSync("qemu-img", args, { encoding: "utf8" });
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-backing-"));
    qemuImg("create", "-q", "-f", "raw", at("base.raw"), "1M");
  });
  after(() => rm(folder, { recursive: true }));

  for (const name of ["x.raw", `${"a-longer-name/".repeat(8)}x.raw`])
    it(`becomes one of ${name.length} characters, and all else stays`, async () => {
      const file = at(`top-${name.length}.qcow2`);
      qemuImg("create", "-q", "-f", "qcow2", "-F", "raw", "-b", at("base.raw"), file);
      const before = JSON.parse(qemuImg("info", "--output=json", file)) as Record<string, unknown>;
      await renameBacking(file, at(name));
      assert.equal(await backingFile(file), at(name));
      const now = JSON.parse(qemuImg("info", "--output=json", file)) as Record<string, unknown>;
      assert.equal(now["backing-filename-format"], "raw");
      assert.deepEqual(now["format-specific"], before["format-specific"]);
      await renameBacking(file, at("base.raw"));
      assert.match(qemuImg("check", file), /No errors/);
      assert.equal(await backingFile(file), at("base.raw"));
    });

  it("is given to none that stands by itself, and has an end", async () => {
    const alone = at("alone.qcow2");
    qemuImg("create", "-q", "-f", "qcow2", alone, "1M");
    await assert.rejects(renameBacking(alone, "/x"), RangeError);
    const top = at("long.qcow2");
    qemuImg("create", "-q", "-f", "qcow2", "-F", "raw", "-b", at("base.raw"), top);
    await assert.rejects(renameBacking(top, `/${"x".repeat(1023)}`), RangeError);
    assert.equal(await backingFile(top), at("base.raw"));
  });
});
