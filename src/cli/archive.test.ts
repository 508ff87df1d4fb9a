import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, beforeEach, describe, it } from "node:test";
import { Header } from "tar";
import { hasCode } from "#contract/errors";
import { counted, pack, unpack } from "./archive.ts";

let root = "";
let folder = "";
before(() => (root = mkdtempSync(join(tmpdir(), "lodge-archive-"))));
after(() => rmSync(root, { recursive: true }));
beforeEach(() => (folder = mkdtempSync(join(root, "x-"))));

const at = (...parts: string[]) => join(folder, ...parts);

function makeTree(): void {
  mkdirSync(at("site", "deep"), { recursive: true });
  writeFileSync(at("site", "index.html"), "hello");
  writeFileSync(at("site", "deep", "big"), Buffer.alloc(3_000_000, 7));
  writeFileSync(at("site", `long-${"n".repeat(150)}`), "long");
  writeFileSync(at("site", "run.sh"), "#!/bin/sh");
  chmodSync(at("site", "run.sh"), 0o755);
  utimesSync(at("site", "index.html"), 1_000_000_000, 1_000_000_000);
  symlinkSync("index.html", at("site", "link"));
  symlinkSync("../../usr/lib/os-release", at("site", "outside"));
  symlinkSync("/nowhere", at("site", "absolute"));
  linkSync(at("site", "index.html"), at("site", "same"));
  utimesSync(at("site", "deep"), 1_100_000_000, 1_100_000_000);
}

/** An archive as a guest might send it. */
function archive(
  ...entries: { path: string; type?: string; body?: string; linkpath?: string; mode?: number }[]
) {
  const blocks = entries.flatMap(({ path, type = "File", body = "", linkpath, mode = 0o644 }) => {
    const header = new Header({
      path,
      type: type as "File",
      size: body.length,
      mode,
      mtime: new Date(),
      ...(linkpath === undefined ? {} : { linkpath }),
    });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    return [block, Buffer.from(body.padEnd(Math.ceil(body.length / 512) * 512, "\0"))];
  });
  return Readable.from([Buffer.concat([...blocks, Buffer.alloc(1024)])], { objectMode: false });
}

describe("a folder's archive", () => {
  it("comes out as it went in, under another name", async () => {
    makeTree();
    let bytes = 0;
    await unpack((await pack(at("site"), "other")).pipe(counted((now) => (bytes = now))), at("copy"));
    assert.deepEqual(readdirSync(at("copy")), readdirSync(at("site")));
    assert.equal(readFileSync(at("copy", "deep", "big")).length, 3_000_000);
    assert.equal(readlinkSync(at("copy", "link")), "index.html");
    assert.equal(readlinkSync(at("copy", "outside")), "../../usr/lib/os-release");
    assert.equal(readlinkSync(at("copy", "absolute")), "/nowhere");
    assert.equal(readFileSync(at("copy", "same"), "utf8"), "hello");
    assert.equal(statSync(at("copy", "run.sh")).mode & 0o777, 0o755);
    assert.equal(statSync(at("copy", "index.html")).mtimeMs, 1_000_000_000_000);
    assert.equal(statSync(at("copy", "deep")).mtimeMs, 1_100_000_000_000);
    assert.ok(bytes > 3_000_000);
    assert.deepEqual(readdirSync(folder).toSorted(), ["copy", "site"], "nothing is left beside them");
  });

  it("is added to a folder that is there", async () => {
    makeTree();
    mkdirSync(at("copy", "deep"), { recursive: true });
    writeFileSync(at("copy", "mine"), "kept");
    writeFileSync(at("copy", "index.html"), "old");
    await unpack(await pack(at("site"), "site"), at("copy"));
    assert.equal(readFileSync(at("copy", "mine"), "utf8"), "kept");
    assert.equal(readFileSync(at("copy", "index.html"), "utf8"), "hello");
    assert.ok(existsSync(at("copy", "deep", "big")));
  });
});

describe("a file's archive", () => {
  it("becomes a file, in the place of an old one", async () => {
    writeFileSync(at("@odd name"), "content");
    writeFileSync(at("copy"), "old");
    await unpack(await pack(at("@odd name"), "sent"), at("copy"));
    assert.equal(readFileSync(at("copy"), "utf8"), "content");
  });

  it("takes the place of a link and not of what that leads to", async () => {
    writeFileSync(at("file"), "new");
    writeFileSync(at("precious"), "precious");
    symlinkSync("precious", at("copy"));
    await unpack(await pack(at("file"), "file"), at("copy"));
    assert.equal(readFileSync(at("precious"), "utf8"), "precious");
    assert.equal(readFileSync(at("copy"), "utf8"), "new");
  });

  it("does not take a folder's place", async () => {
    writeFileSync(at("file"), "x");
    mkdirSync(at("copy"));
    await assert.rejects(unpack(await pack(at("file"), "file"), at("copy")), (error) =>
      hasCode(error, "cli.file"),
    );
  });
});

describe("a hostile archive", () => {
  const refusedArchives = {
    "a path upwards": () => archive({ path: "../evil", body: "x" }),
    "a path upwards in the middle": () => archive({ path: "a/../../evil", body: "x" }),
    "an absolute path": () => archive({ path: `${folder}/evil`, body: "x" }),
    "a link that leads out, and a file through it": () =>
      archive(
        { path: "a/", type: "Directory", mode: 0o755 },
        { path: "a/out", type: "SymbolicLink", linkpath: folder },
        { path: "a/out/evil", body: "x" },
      ),
    "a hard link to a file outside": () =>
      archive(
        { path: "a/", type: "Directory", mode: 0o755 },
        { path: "a/b", type: "Link", linkpath: "../../precious" },
      ),
    "a link that leads out, and a link through it": () =>
      archive(
        { path: "a/", type: "Directory", mode: 0o755 },
        { path: "a/out", type: "SymbolicLink", linkpath: folder },
        { path: "a/out/evil", type: "SymbolicLink", linkpath: "x" },
      ),
    "a link that leads out, and one in a folder to be made through it": () =>
      archive(
        { path: "a/", type: "Directory", mode: 0o755 },
        { path: "a/out", type: "SymbolicLink", linkpath: folder },
        { path: "a/out/new/evil", type: "SymbolicLink", linkpath: "x" },
      ),
    "a link upwards": () => archive({ path: "../evil", type: "SymbolicLink", linkpath: "x" }),
    "a link at an absolute path": () =>
      archive({ path: `${folder}/evil`, type: "SymbolicLink", linkpath: "x" }),
    "several files where one was asked for": () =>
      archive({ path: "a", body: "x" }, { path: "b", body: "x" }),
    nothing: () => archive(),
  };
  for (const [name, make] of Object.entries(refusedArchives)) {
    it(`with ${name} is refused and leaves nothing`, async () => {
      mkdirSync(at("target"));
      writeFileSync(at("precious"), "precious");
      await assert.rejects(unpack(make(), at("target", "copy")), (error) => hasCode(error, "cli.archive"));
      assert.deepEqual(readdirSync(folder).toSorted(), ["precious", "target"]);
      assert.deepEqual(readdirSync(at("target")), []);
      assert.equal(readFileSync(at("precious"), "utf8"), "precious");
    });
  }

  it("gives no file the right to run as its owner", async () => {
    await unpack(archive({ path: "su", body: "x", mode: 0o6755 }), at("copy"));
    assert.equal(statSync(at("copy")).mode & 0o7000, 0);
  });

  it("that is cut short leaves nothing, and tells why", async () => {
    const cut = Readable.from(
      (async function* () {
        yield (await Array.fromAsync(archive({ path: "a", body: "x".repeat(5000) })))[0].subarray(0, 2000);
        throw new RangeError("the guest is gone");
      })(),
      { objectMode: false },
    );
    await assert.rejects(unpack(cut, at("copy")), /the guest is gone/);
    assert.deepEqual(readdirSync(folder), []);
  });
});
