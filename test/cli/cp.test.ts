import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { list } from "tar";
import { pack } from "#cli/archive";
import { openScene, type Scene } from "./lodge.ts";

let scene: Scene;
let here = "";
before(async () => {
  scene = await openScene();
  here = join(scene.folder, "here");
  mkdirSync(join(here, "site/deep"), { recursive: true });
  writeFileSync(join(here, "a.txt"), "a");
  writeFileSync(join(here, "site/deep/b.txt"), "b");
  const { streams } = scene.daemon.services;
  streams.folders.add("/srv");
  streams.files.set("/etc/motd", await buffer(await pack(join(here, "a.txt"), "motd")));
  streams.files.set("/etc/site", await buffer(await pack(join(here, "site"), "site")));
});
after(() => scene.close());

const cp = (...words: string[]) => scene.lodge(["cp", ...words], { cwd: here });

/** What was unpacked in the guest: the folder it went to, and the names in it. */
async function arrived(folder: string): Promise<string[]> {
  const content = scene.daemon.services.streams.files.get(folder);
  assert.ok(content, `nothing came to ${folder}`);
  const names: string[] = [];
  const sink = list({ onReadEntry: (entry) => void names.push(entry.path) });
  await new Promise((resolve, reject) => {
    sink.on("end", resolve).on("error", reject);
    Readable.from([content], { objectMode: false }).pipe(sink as unknown as NodeJS.WritableStream);
  });
  return names.toSorted();
}

describe("lodge cp into a guest", () => {
  it("puts a file into a folder, under its own name", async () => {
    assert.equal((await cp("a.txt", "web-1:/srv/")).code, 0);
    assert.deepEqual(await arrived("/srv"), ["a.txt"]);
  });

  it("gives it the name that the target has", async () => {
    assert.equal((await cp("./a.txt", "web-1:/opt/new name")).code, 0);
    assert.deepEqual(await arrived("/opt"), ["new name"]);
  });

  it("puts a folder into a folder, or under another name", async () => {
    assert.equal((await cp("site", "web-1:/srv")).code, 0);
    assert.deepEqual(await arrived("/srv"), ["site/", "site/deep/", "site/deep/b.txt"]);
    assert.equal((await cp("site/.", "web-1:/www")).code, 0);
    assert.deepEqual(await arrived("/"), ["www/", "www/deep/", "www/deep/b.txt"]);
  });

  it("tells what cannot be", async () => {
    const cases = [
      [1, ["nothing", "web-1:/srv"], /nothing cannot be used: there is no such file/],
      [1, ["a.txt", "site", "web-1:/opt/x"], /there is no such folder/],
      [2, ["a.txt", "web-1:relative"], /begins with \//],
      [2, ["a.txt", "site"], /One side has to be GUEST:PATH/],
      [2, ["web-1:/a", "db:/b"], /One side has to be GUEST:PATH/],
      [3, ["a.txt", "nobody:/srv"], /no guest 'nobody'/],
      [1, ["a.txt", "web-1:/read-only/x"], /read-only file system/],
    ] as const;
    for (const [code, words, said] of cases) {
      const ended = await cp(...words);
      assert.equal(ended.code, code, words.join(" "));
      assert.match(ended.stderr, said);
    }
  });
});

describe("lodge cp out of a guest", () => {
  it("puts a file into a folder, or gives it another name", async () => {
    assert.equal((await cp("web-1:/etc/motd", ".")).code, 0);
    assert.equal(readFileSync(join(here, "motd"), "utf8"), "a");
    assert.equal((await cp("web-1:/etc/motd", "other")).code, 0);
    assert.equal(readFileSync(join(here, "other"), "utf8"), "a");
  });

  it("copies a folder whole, with a slash behind its name too", async () => {
    assert.equal((await cp("web-1:/etc/site/", "copied")).code, 0);
    assert.equal(readFileSync(join(here, "copied/deep/b.txt"), "utf8"), "b");
  });

  it("tells what is not there, and leaves nothing behind", async () => {
    const before = readdirSync(here);
    const missing = await cp("web-1:/etc/none", "x");
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /could not use the file \/etc\/none/);
    assert.match((await cp("web-1:/etc/motd", "no/such/folder")).stderr, /no\/such\/folder cannot be used/);
    assert.deepEqual(readdirSync(here), before);
  });
});
