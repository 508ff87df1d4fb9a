/** Can a guest that is copied from write anywhere on the computer of whoever copies, but where he said? */
import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, beforeEach, describe } from "node:test";
import { gzipSync } from "node:zlib";
import { Header } from "tar";
import { hasCode } from "#contract/errors";
import { unpack } from "#cli/archive";
import { attack } from "../attack.ts";

interface Entry {
  readonly path: string;
  readonly type?: string;
  readonly body?: string;
  readonly linkpath?: string;
  readonly mode?: number;
}

/** An archive as a hostile guest's agent would send it: the tool that honest ones are made with would not. */
function archive(...entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ path, type = "File", body = "", linkpath, mode = 0o644 }) => {
    const link = linkpath === undefined ? {} : { linkpath };
    const header = new Header({
      path,
      type: type as "File",
      size: body.length,
      mode,
      mtime: new Date(),
      ...link,
    });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    return [block, Buffer.from(body.padEnd(Math.ceil(body.length / 512) * 512, "\0"))];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const stream = (bytes: Buffer) => Readable.from([bytes], { objectMode: false });

describe("a copy out of a hostile guest", () => {
  let root = "";
  let folder = "";
  let secret = "";
  before(() => (root = mkdtempSync(join(tmpdir(), "lodge-copies-"))));
  after(() => rmSync(root, { recursive: true }));
  beforeEach(() => {
    folder = mkdtempSync(join(root, "x-"));
    secret = join(folder, "secret");
    writeFileSync(secret, "mine");
    mkdirSync(join(folder, "here"));
  });

  const at = (...parts: string[]) => join(folder, "here", ...parts);
  /** It is refused, nothing is where the copy was to go, and what lies beside that is as it was. */
  async function refused(...entries: readonly Entry[]): Promise<void> {
    await assert.rejects(unpack(stream(archive(...entries)), at("copy")), (error) =>
      hasCode(error, "cli.archive", "cli.file"),
    );
    untouched();
  }
  function untouched(): void {
    assert.deepEqual(readdirSync(folder).toSorted(), ["here", "secret"]);
    assert.deepEqual(readdirSync(at()), []);
    assert.equal(readFileSync(secret, "utf8"), "mine");
  }

  attack("a member's name leads up and out of the folder", () =>
    refused({ path: "site/", type: "Directory" }, { path: "site/../../../secret", body: "theirs" }),
  );

  attack("a member's name is absolute", async () => {
    const path = join(folder, "secret");
    await unpack(stream(archive({ path, body: "theirs" })), at("copy")).catch(() => undefined);
    assert.equal(readFileSync(secret, "utf8"), "mine");
  });

  attack("a member is a link, and the next one is written through it", () =>
    refused(
      { path: "site/", type: "Directory" },
      { path: "site/out", type: "SymbolicLink", linkpath: folder },
      { path: "site/out/secret", body: "theirs" },
    ),
  );

  attack("a folder becomes a link once it was made, and files follow", () =>
    refused(
      { path: "site/", type: "Directory" },
      { path: "site/d/", type: "Directory" },
      { path: "site/d", type: "SymbolicLink", linkpath: folder },
      { path: "site/d/secret", body: "theirs" },
    ),
  );

  attack("a hard link leads to a file of this computer, and the next member writes to it", async () => {
    for (const linkpath of [secret, "../../../secret"]) {
      const archived = archive(
        { path: "site/", type: "Directory" },
        { path: "site/same", type: "Link", linkpath },
        { path: "site/same", body: "theirs" },
      );
      await unpack(stream(archived), at("copy")).catch(() => undefined);
      assert.equal(readFileSync(secret, "utf8"), "mine");
      rmSync(at("copy"), { recursive: true, force: true });
    }
  });

  attack("a link's own place lies outside of the folder", () =>
    refused(
      { path: "site/", type: "Directory" },
      { path: "site/../../planted", type: "SymbolicLink", linkpath: "/etc/passwd" },
    ),
  );

  attack("a member is a device of this computer's disk", async () => {
    const archived = archive(
      { path: "site/", type: "Directory" },
      { path: "site/disk", type: "BlockDevice" },
    );
    await unpack(stream(archived), at("copy"));
    assert.deepEqual(readdirSync(at("copy")), []);
  });

  attack("a member is a program that runs as root, whoever starts it", async () => {
    await unpack(stream(archive({ path: "tool", body: "#!/bin/sh", mode: 0o6755 })), at("copy"));
    assert.equal(statSync(at("copy")).mode & 0o7777, 0o755);
  });

  attack("the archive has many files where one was asked for", () =>
    refused({ path: "one", body: "1" }, { path: ".bashrc", body: "theirs" }),
  );

  attack("the one file's name is another than was asked for", async () => {
    await unpack(stream(archive({ path: ".ssh/authorized_keys", body: "theirs" })), at("copy"));
    assert.deepEqual(readdirSync(at()), ["copy"]);
  });

  attack("the copy's target is a link that somebody put there before", async () => {
    symlinkSync(secret, at("copy"));
    await unpack(stream(archive({ path: "file", body: "theirs" })), at("copy"));
    assert.equal(readFileSync(secret, "utf8"), "mine");
    assert.equal(lstatSync(at("copy")).isSymbolicLink(), false);
  });

  attack("the archive is no archive, or ends in the middle", async () => {
    const whole = archive({ path: "file", body: "x".repeat(4096) });
    for (const bytes of [Buffer.alloc(2048, "nonsense"), whole.subarray(0, 1024)]) {
      await unpack(stream(bytes), at("copy")).catch(() => undefined);
      assert.equal(existsSync(secret), true);
      rmSync(at("copy"), { recursive: true, force: true });
    }
    untouched();
  });

  attack("the archive is compressed a thousandfold", async () => {
    const bomb = gzipSync(archive({ path: "file", body: "x".repeat(2 ** 24) }));
    assert.ok(bomb.length < 2 ** 17);
    await assert.rejects(unpack(stream(bomb), at("copy")), (error) =>
      hasCode(error, "cli.archive", "cli.file"),
    );
    untouched();
  });

  attack("a member's name has a line's end and what a terminal obeys in it", async () => {
    const name = "a\nb\u001b[2J";
    await unpack(
      stream(archive({ path: "site/", type: "Directory" }, { path: `site/${name}`, body: "" })),
      at("copy"),
    );
    assert.deepEqual(readdirSync(at("copy")), [name], "it is a name, and is told by nobody");
  });
});
