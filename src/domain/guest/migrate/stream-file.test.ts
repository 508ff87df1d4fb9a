import assert from "node:assert/strict";
import { mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { duplexPair, type Duplex } from "node:stream";
import { after, before, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { receiveFile, sendFile } from "./stream-file.ts";

describe("a file on its way between hosts", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-file-"));
  });
  after(() => rm(folder, { recursive: true }));

  /** Both ends of a connection, of which each hears when the other is gone. */
  function connection(): readonly [Duplex, Duplex] {
    const [near, far] = duplexPair();
    for (const end of [near, far]) end.on("error", () => undefined);
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroy());
    return [near, far];
  }
  const { signal } = new AbortController();

  async function pass(from: string, to: string): Promise<number> {
    const [near, far] = connection();
    let sent = 0;
    await Promise.all([
      sendFile(from, near, { signal, onSent: (bytes) => (sent += bytes) }),
      receiveFile(far, to),
    ]);
    return sent;
  }

  for (const size of [0, 1, 256 * 1024, 256 * 1024 + 1, 3_000_000])
    it(`arrives as it was, of ${size} bytes`, async () => {
      const [from, to] = [join(folder, `from${size}`), join(folder, `to${size}`)];
      await writeFile(from, Buffer.alloc(size, "Lodge "));
      assert.equal(await pass(from, to), size);
      assert.ok((await readFile(from)).equals(await readFile(to)));
    });

  it("takes the place of a link, and leaves what that leads to", async () => {
    const [from, to, other] = ["new", "link", "other host's"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(from, "what comes");
    await writeFile(other, "what another host writes to");
    await symlink(other, to);
    await pass(from, to);
    assert.equal(await readFile(to, "utf8"), "what comes");
    assert.equal(await readFile(other, "utf8"), "what another host writes to");
  });

  /** As the sender says it: the head of what follows, and that. */
  const said = (offset: number, bytes: Buffer): Buffer => {
    const head = Buffer.alloc(12);
    head.writeBigUInt64BE(BigInt(offset));
    head.writeUInt32BE(bytes.length, 8);
    return Buffer.concat([head, bytes]);
  };
  const besides = async (path: string) =>
    (await readdir(folder)).filter((name) => name.startsWith(basename(path)));

  it("is found only once it is whole, and nothing else is left", async () => {
    const to = join(folder, "twice");
    const [near, far] = connection();
    const received = receiveFile(far, to);
    near.write(said(0, Buffer.from("half of ")));
    for (; (await besides(to)).length === 0;) await setImmediate();
    assert.ok(!(await besides(to)).includes(basename(to)));
    near.write(Buffer.concat([said(8, Buffer.from("it")), said(10, Buffer.alloc(0))]));
    await received;
    assert.equal(await readFile(to, "utf8"), "half of it");
    assert.deepEqual(await besides(to), [basename(to)]);
  });

  it("leaves nothing of one that was cut, and what was there before", async () => {
    const to = join(folder, "before");
    await writeFile(to, "whole");
    const [near, far] = connection();
    const received = receiveFile(far, to);
    near.write(said(0, Buffer.from("half of ")));
    for (; (await besides(to)).length < 2;) await setImmediate();
    near.destroy();
    await assert.rejects(received, { code: "move.cut" });
    assert.deepEqual(await besides(to), [basename(to)]);
    assert.equal(await readFile(to, "utf8"), "whole");
  });

  it("keeps its holes, and its length where it ends with one", async () => {
    const [from, to] = [join(folder, "sparse"), join(folder, "sparse too")];
    await using file = await open(from, "w");
    await file.write(Buffer.from("first"), 0, 5, 0);
    await file.write(Buffer.from("middle"), 0, 6, 20_000_000);
    await file.truncate(64_000_000);
    await pass(from, to);
    assert.ok((await readFile(from)).equals(await readFile(to)));
    assert.ok((await stat(to)).blocks * 512 < 1_000_000);
  });

  it("fails at both ends where the connection is cut", async () => {
    const from = join(folder, "cut");
    await writeFile(from, Buffer.alloc(20_000_000, 7));
    const [near, far] = connection();
    far.once("data", () => far.destroy());
    const ends = await Promise.allSettled([
      sendFile(from, near, { signal }),
      receiveFile(far, join(folder, "cut too")),
    ]);
    for (const end of ends) assert.equal(end.status === "rejected" && end.reason.code, "move.cut");
  });

  it("ends with the reason for which it is given up", async () => {
    const from = join(folder, "given up");
    await writeFile(from, Buffer.alloc(20_000_000, 7));
    const [near] = connection();
    const given = new AbortController();
    const sent = sendFile(from, near, { signal: given.signal });
    given.abort(new TypeError("enough"));
    await assert.rejects(sent, /enough/);
  });

  it("does not take a piece that is longer than any", async () => {
    const [near, far] = connection();
    const head = Buffer.alloc(12);
    head.writeUInt32BE(2 ** 31, 8);
    near.write(head);
    await assert.rejects(receiveFile(far, join(folder, "long")), { code: "move.cut" });
  });
});
