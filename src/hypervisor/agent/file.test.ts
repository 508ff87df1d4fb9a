/** Single files in and out of a guest, against the real agent. */
import assert from "node:assert/strict";
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { describe, it, type TestContext } from "node:test";
import { hasCode } from "#contract/errors";
import { AgentProcess } from "../../../test/fakes/agent-process.ts";

async function start(t: TestContext) {
  const agent = await AgentProcess.start(t);
  const folder = join(agent.folder, "files");
  await mkdir(folder);
  return { client: agent.client(), folder };
}

const refused = (error: unknown) => hasCode(error, "agent.file");

describe("a file of a guest", () => {
  it("is read whole, with what is known about it", async (t) => {
    const { client, folder } = await start(t);
    const path = join(folder, "a b");
    const content = Buffer.alloc(1_000_000, "0123456789");
    await writeFile(path, content, { mode: 0o640 });
    const reading = await client.readFile(path);
    const parts: Buffer[] = [];
    for await (const part of reading.content) parts.push(part);
    assert.ok(Buffer.concat(parts).equals(content));
    const { uid, gid, mtimeMs } = await stat(path);
    const mtime = Math.floor(mtimeMs / 1000);
    const info = { type: "file", mode: 0o640, uid, gid, size: 1_000_000, mtime, target: undefined };
    assert.deepEqual(reading.info, info);
    assert.deepEqual(await client.stat(path), info);
  });

  it("is written with the mode and the time it is to have", async (t) => {
    const { client, folder } = await start(t);
    const path = join(folder, "new");
    const content = Buffer.alloc(700_001, "abc");
    const writing = await client.writeFile({
      path,
      mode: 0o750,
      mtime: 1_600_000_000.9,
      size: content.length,
    });
    await pipeline([content], writing.content);
    assert.equal(await writing.done, content.length);
    assert.ok((await readFile(path)).equals(content));
    const { mode, mtimeMs } = await stat(path);
    assert.deepEqual([mode & 0o7777, mtimeMs], [0o750, 1_600_000_000_000]);
  });

  it("may be empty", async (t) => {
    const { client, folder } = await start(t);
    const path = join(folder, "empty");
    const writing = await client.writeFile({ path });
    writing.content.end();
    assert.equal(await writing.done, 0);
    const reading = await client.readFile(path);
    for await (const _ of reading.content) assert.fail("there is nothing to read");
    assert.equal((await stat(path)).mode & 0o777, 0o644);
  });

  it("is the old one until all of the new one has come", async (t) => {
    const { client, folder } = await start(t);
    const path = join(folder, "kept");
    await writeFile(path, "old", { mode: 0o600 });
    const given = await client.writeFile({ path });
    given.content.write(Buffer.alloc(100_000));
    await client.ping();
    assert.equal(await readFile(path, "utf8"), "old");
    given.close();
    await client.ping();
    assert.deepEqual(await readdir(folder), ["kept"]);

    const writing = await client.writeFile({ path });
    writing.content.end("new");
    await writing.done;
    assert.equal(await readFile(path, "utf8"), "new");
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder), ["kept"]);
  });

  it("is what a link leads to", async (t) => {
    const { client, folder } = await start(t);
    await writeFile(join(folder, "real"), "old");
    await symlink("real", join(folder, "link"));
    const path = join(folder, "link");
    const writing = await client.writeFile({ path });
    writing.content.end("new");
    await writing.done;
    assert.equal(await readFile(join(folder, "real"), "utf8"), "new");
    assert.ok((await lstat(path)).isSymbolicLink());
    assert.equal((await client.stat(path)).type, "file");
    const link = await client.stat(path, { link: true });
    assert.deepEqual([link.type, link.target], ["link", "real"]);
  });

  it("is refused where it cannot be, saying why", async (t) => {
    const { client, folder } = await start(t);
    const reason = (text: string) => (error: unknown) => refused(error) && error.message.includes(text);
    await assert.rejects(client.readFile(join(folder, "none")), reason("No such file"));
    await assert.rejects(client.readFile(folder), reason("Is a directory"));
    await assert.rejects(client.stat(join(folder, "none")), reason("No such file"));
    await assert.rejects(client.writeFile({ path: folder }), reason("Is a directory"));
    await assert.rejects(client.writeFile({ path: join(folder, "none/x") }), reason("No such file"));
    await assert.rejects(client.writeFile({ path: "/dev/null" }), reason("not a regular file"));
    const path = join(folder, "huge");
    await assert.rejects(client.writeFile({ path, size: 2 ** 59 }), reason("No space left"));
    assert.deepEqual(await readdir(folder), []);
  });
});
