import assert from "node:assert/strict";
import { mkdtemp, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { leadTo } from "./stored.ts";

describe("a layer that is in a pool already", () => {
  let folder = "";
  let at = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-stored-"));
    at = join(folder, "in the pool");
    await writeFile(at, "all of it");
    await writeFile(join(folder, "elsewhere"), "another's");
  });
  after(() => rm(folder, { recursive: true }));

  const inPlace: Readonly<Record<string, (path: string) => Promise<void>>> = {
    nothing: async () => undefined,
    "a file that a move began": (path) => writeFile(path, ""),
    "a link to elsewhere": (path) => symlink(join(folder, "elsewhere"), path),
    "its link": (path) => symlink(at, path),
  };
  for (const [words, make] of Object.entries(inPlace))
    it(`is led to where ${words} is in the place of its link`, async () => {
      const path = join(folder, words);
      await make(path);
      await leadTo(path, at);
      assert.equal(await readlink(path), at);
      assert.equal(await readFile(path, "utf8"), "all of it");
      assert.equal(await readFile(join(folder, "elsewhere"), "utf8"), "another's");
    });
});
