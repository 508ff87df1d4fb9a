import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { mountsBelow, removeTree } from "./remove-tree.ts";

describe("removing a folder", () => {
  it("finds what is mounted in it, the last mounted first, and nothing beside it", () => {
    const info = [
      "20 1 254:0 / / rw - ext4 /dev/vda rw",
      "30 20 0:20 / /srv/images/i1/tree/dev rw - tmpfs none rw",
      "31 30 0:21 / /srv/images/i1/tree/dev/pts rw - devpts none rw",
      "32 20 0:22 / /srv/images/i10/proc rw - proc none rw",
      "33 20 0:23 / /srv/images/i1/with\\040blank rw - proc none rw",
      "",
    ].join("\n");
    assert.deepEqual(mountsBelow("/srv/images/i1", info), [
      "/srv/images/i1/with blank",
      "/srv/images/i1/tree/dev/pts",
      "/srv/images/i1/tree/dev",
    ]);
  });

  it("removes all of it, and is content where there is none", async () => {
    const base = await mkdtemp(join(tmpdir(), "remove-"));
    try {
      await mkdir(join(base, "x", "y"), { recursive: true });
      await writeFile(join(base, "x", "y", "z"), "");
      await removeTree(join(base, "x"));
      await assert.rejects(stat(join(base, "x")), { code: "ENOENT" });
      await removeTree(join(base, "x"));
    } finally {
      await rm(base, { recursive: true });
    }
  });
});
