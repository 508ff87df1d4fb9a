import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, open, readFile, rm, stat, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, it } from "node:test";
import { hasCode, LodgeError, type ErrorCode } from "#contract/errors";
import { blockSize, receive, type Piece, type Receiving } from "./receive.ts";

const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);

describe("what is received", () => {
  let folder = "";
  let file: FileHandle;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "receive-"));
    file = await open(join(folder, "file"), "wx+");
  });
  afterEach(async () => {
    await file.close();
    await rm(folder, { recursive: true });
  });

  const content = () => readFile(join(folder, "file"));
  const chunked = (bytes: Buffer, length: number): Readable =>
    Readable.from(
      Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) =>
        bytes.subarray(i * length, (i + 1) * length),
      ),
    );
  const take = (piece: Piece, more: Partial<Receiving> = {}): Promise<number> =>
    receive(file, piece, {
      upload: "u1",
      size: 10 * blockSize,
      room: async () => Infinity,
      signal: new AbortController().signal,
      ...more,
    });

  it("is the same, in whatever chunks and pieces it comes", async () => {
    const bytes = randomBytes(3 * blockSize + 1234);
    assert.equal(await take({ content: chunked(bytes.subarray(0, 70_001), 999), offset: 0 }), 70_001);
    assert.equal(
      await take({ content: chunked(bytes.subarray(70_001), 123_457), offset: 70_001 }),
      bytes.length,
    );
    assert.ok((await content()).equals(bytes));
    assert.equal(await take({ content: Readable.from([]), offset: bytes.length }), bytes.length);
  });

  it("takes no space where it is zeros, also at its end", async () => {
    const bytes = Buffer.alloc(4 * blockSize + 5);
    bytes.fill(1, 0, 100);
    assert.equal(await take({ content: chunked(bytes, 65_536), offset: 0 }), bytes.length);
    assert.ok((await content()).equals(bytes));
    assert.ok((await stat(join(folder, "file"))).blocks * 512 <= blockSize + 8192);
  });

  it("stays as far as it came where its sender is gone", async () => {
    async function* broken() {
      yield Buffer.alloc(1000, 1);
      throw new TypeError("aborted");
    }
    await assert.rejects(take({ content: Readable.from(broken()), offset: 0 }), is("api.client_gone"));
    assert.equal((await content()).length, 1000);
  });

  it("ends with the signal, though nothing comes", async () => {
    const ended = new AbortController();
    const silent = new PassThrough();
    silent.write(Buffer.alloc(500, 1));
    const taking = take({ content: silent, offset: 0 }, { signal: ended.signal });
    ended.abort(new LodgeError("upload.taken_over", { upload: "u1" }));
    await assert.rejects(taking, is("upload.taken_over"));
    silent.destroy();
  });

  it("is refused at another place, and where it is more than was said", async () => {
    await assert.rejects(take({ content: Readable.from([]), offset: 1 }), is("upload.offset"));
    const more = { content: chunked(Buffer.alloc(600, 1), 400), offset: 0 };
    await assert.rejects(take(more, { size: 500 }), is("upload.too_much"));
    assert.equal((await content()).length, 400);
  });

  it("is taken as a whole or not at all where it has a checksum", async () => {
    const bytes = randomBytes(2 * blockSize);
    const digest = createHash("sha1").update(bytes).digest();
    const checksum = { algorithm: "sha1", digest } as const;
    await take({ content: chunked(bytes, 5000), offset: 0, checksum });
    const offset = bytes.length;
    const wrong = { content: chunked(randomBytes(blockSize + 7), 5000), offset, checksum };
    await assert.rejects(take(wrong), is("upload.checksum"));
    async function* broken() {
      yield bytes;
      throw new TypeError("aborted");
    }
    await assert.rejects(take({ content: Readable.from(broken()), offset, checksum }), is("api.client_gone"));
    assert.ok((await content()).equals(bytes));
  });

  it("stops before the disk is full, and says by how much it lacks", async () => {
    const bytes = randomBytes(3 * blockSize);
    const full = take({ content: chunked(bytes, 65_536), offset: 0 }, { room: async () => blockSize });
    await assert.rejects(full, (error) => {
      assert.ok(hasCode(error, "upload.no_space"));
      assert.deepEqual([error.params["missing"], error.params["size"]], ["2.3 MiB", "2.5 MiB"]);
      return true;
    });
    assert.equal((await content()).length, 0);
  });
});
