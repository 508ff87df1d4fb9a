import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { exec } from "#base/exec";
import { imageTools } from "./host-tools.ts";

describe("this host's tools for images", () => {
  it("know Lodge's own recipes, each with a digest of its own", async () => {
    const recipes = await imageTools().recipes();
    assert.ok(recipes.some(({ name }) => name === "debian-13"));
    assert.equal(new Set(recipes.map(({ digest }) => digest)).size, recipes.length);
    assert.deepEqual(
      await imageTools().recipe("debian-13"),
      recipes.find(({ name }) => name === "debian-13"),
    );
  });

  it("tell a disk by its content and make it raw", async () => {
    const base = await mkdtemp(join(tmpdir(), "host-tools-"));
    try {
      const [folder, path] = [join(base, "place"), join(base, "disk.iso")];
      await mkdir(folder);
      await exec("qemu-img", ["create", "-q", "-f", "qcow2", path, "8M"]);
      const place = { folder, signal: new AbortController().signal, progress: () => {} };
      const made = await imageTools().import({ path }, place);
      assert.deepEqual([made.kind, made.format, made.size], ["disk", "raw", 8 * 2 ** 20]);
      assert.deepEqual(await readdir(folder), ["disk.raw"]);
    } finally {
      await rm(base, { recursive: true });
    }
  });
});
