import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { hasCode, LodgeError, type ErrorCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Call, RawRequest, Send } from "./request.ts";
import { fingerprintOf, sendFile, type UploadProgress, type UploadSource } from "./upload.ts";

type Upload = Schemas["Upload"];
const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);

const sourceOf = (bytes: Buffer<ArrayBuffer>, modified = 1): UploadSource => ({
  name: "disk.img",
  size: bytes.length,
  modified,
  read: async (from, to) => bytes.subarray(from, to),
});

const noise = (size: number) => Buffer.from(randomBytes(size)) as Buffer<ArrayBuffer>;

/** A daemon that keeps uploads, and does what a test says with each piece. */
class Daemon {
  readonly uploads = new Map<string, { shown: Upload; bytes: Buffer }>();
  readonly pieces: number[] = [];
  /** What becomes of a piece: it is taken, it is lost, or it is taken and its answer is lost. */
  fate: (piece: number) => "taken" | "lost" | "unanswered" = () => "taken";

  readonly call = (async (name: string, input: { params?: { upload: string }; body?: Partial<Upload> }) => {
    if (name === "uploadList") return [...this.uploads.values()].map(({ shown }) => shown);
    if (name === "uploadGet") return this.uploads.get(input.params!.upload)!.shown;
    const id = `u${this.uploads.size}`;
    const shown = { own: true, offset: 0, state: "open", id, ...input.body } as Upload;
    this.uploads.set(id, { shown, bytes: Buffer.alloc(0) });
    return shown;
  }) as unknown as Call;

  readonly send: Send = async ({ path, headers, body, signal }: RawRequest) => {
    signal?.throwIfAborted();
    const upload = this.uploads.get(path.split("/").at(-1)!)!;
    const fate = this.fate(this.pieces.length);
    this.pieces.push(body!.length);
    const lost = new LodgeError("api.daemon_lost", { address: "here" });
    if (fate === "lost") throw lost;
    const given = Number(headers!["upload-offset"]);
    const { offset, id } = upload.shown;
    if (given !== offset) throw new LodgeError("upload.offset", { upload: id, offset, given });
    upload.bytes = Buffer.concat([upload.bytes, body as Uint8Array]);
    upload.shown = { ...upload.shown, offset: upload.bytes.length };
    if (fate === "unanswered") throw lost;
    return { body: Buffer.from(JSON.stringify(upload.shown)), etag: undefined };
  };
}

describe("a file that is sent", () => {
  it("arrives whole, in pieces that grow while they go fast", async () => {
    const [daemon, bytes] = [new Daemon(), noise(9 * 2 ** 20 + 3)];
    const told: UploadProgress[] = [];
    const upload = await sendFile(daemon.call, daemon.send, sourceOf(bytes), {
      onProgress: (progress) => told.push(progress),
    });
    assert.ok(daemon.uploads.get(upload.id)!.bytes.equals(bytes));
    assert.deepEqual(daemon.pieces.slice(0, 3), [2 ** 20, 2 ** 21, 2 ** 22]);
    assert.deepEqual(
      told.map(({ offset }) => offset),
      [0, 1, 3, 7].map((count) => count * 2 ** 20).concat(bytes.length),
    );
    assert.ok((told.at(-1)?.speed ?? 0) > 0);
  });

  it("arrives once, whether a piece or its answer was lost", async () => {
    const [daemon, bytes] = [new Daemon(), noise(5 * 2 ** 20)];
    daemon.fate = (piece) => (piece === 0 ? "lost" : piece === 2 ? "unanswered" : "taken");
    const waited: string[] = [];
    const upload = await sendFile(daemon.call, daemon.send, sourceOf(bytes), {
      onProgress: ({ waiting }) => waiting && waited.push(waiting.code),
    });
    assert.ok(daemon.uploads.get(upload.id)!.bytes.equals(bytes));
    assert.deepEqual(waited, ["api.daemon_lost", "api.daemon_lost"]);
  });

  it("goes on with what was sent of it before, and with nothing else", async () => {
    const [daemon, bytes] = [new Daemon(), noise(3 * 2 ** 20)];
    const stop = new AbortController();
    const stopped = sendFile(daemon.call, daemon.send, sourceOf(bytes), {
      signal: stop.signal,
      onProgress: ({ offset }) => offset > 0 && stop.abort(new TypeError("stopped")),
    });
    await assert.rejects(stopped, TypeError);
    const other = noise(bytes.length);
    await sendFile(daemon.call, daemon.send, sourceOf(other));
    const upload = await sendFile(daemon.call, daemon.send, sourceOf(bytes));
    assert.equal(upload.id, "u0");
    assert.ok(daemon.uploads.get("u0")!.bytes.equals(bytes));
    assert.ok(daemon.uploads.get("u1")!.bytes.equals(other));
  });

  it("is given up where nothing got on for too long, and at once where it is refused", async () => {
    const [daemon, bytes] = [new Daemon(), noise(1000)];
    daemon.fate = () => "lost";
    const hopeless = sendFile(daemon.call, daemon.send, sourceOf(bytes), { patience: -1 });
    await assert.rejects(hopeless, is("api.daemon_lost"));
    const refused: Send = async () => {
      throw new LodgeError("upload.taken_over", { upload: "u0" });
    };
    await assert.rejects(sendFile(daemon.call, refused, sourceOf(bytes)), is("upload.taken_over"));
  });
});

describe("a fingerprint", () => {
  it("is the same for the same file, and another where anything of it has changed", async () => {
    const bytes = noise(300_000);
    const [head, tail, longer] = [Buffer.from(bytes), Buffer.from(bytes), Buffer.concat([bytes, noise(1)])];
    head[0]! ^= 1;
    tail[299_999]! ^= 1;
    const sources = [
      sourceOf(bytes),
      sourceOf(bytes, 2),
      { ...sourceOf(bytes), name: "copy.img" },
      ...[head, tail, longer].map((each) => sourceOf(each as Buffer<ArrayBuffer>)),
    ];
    const prints = await Promise.all(sources.map(fingerprintOf));
    assert.equal(new Set(prints).size, sources.length);
    assert.equal(await fingerprintOf(sourceOf(bytes)), prints[0]);
    for (const print of prints) assert.match(print, /^[0-9a-f]{64}$/);
  });
});
