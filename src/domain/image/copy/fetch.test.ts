import assert from "node:assert/strict";
import { mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { MemoryStore } from "#durable/store/memory";
import { put } from "#durable/store/update";
import { imageById, imageKey, type ImageRecord } from "../record.ts";
import { defineFetch, type ImageHosts } from "./fetch.ts";
import { Manifests, pieceSize } from "./manifest.ts";

const id = "i0123456789";

let folder: string;
let there: ImageRecord;
let store: MemoryStore;
let read: number[];
let spoil: number;
let breakAt: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodge-fetch-"));
  const source = join(folder, "there", id);
  await mkdir(source, { recursive: true });
  await mkdir(join(folder, "here"));
  const path = join(source, "disk.raw");
  // A piece, a hole, and half a piece.
  await using disk = await open(path, "w");
  await disk.write(Buffer.alloc(pieceSize, 7), 0, pieceSize, 0);
  await disk.write(Buffer.alloc(pieceSize / 2, 9), 0, pieceSize / 2, 2 * pieceSize);
  await writeFile(join(source, "vmlinuz"), "kernel");
  there = {
    id,
    name: "debian",
    path,
    kernel: join(source, "vmlinuz"),
    state: "ready",
  } as unknown as ImageRecord;
  store = new MemoryStore();
  read = [];
  spoil = 0;
  breakAt = -1;
});
afterEach(() => rm(folder, { recursive: true }));

const manifests = new Manifests();
const hosts: ImageHosts = {
  hostOf: () => "h2",
  updateCopies: async () => undefined,
  dropCopies: async () => undefined,
  manifest: (_host, _image, until) => manifests.of(there, until),
  async read(_host, _image, { file, offset, length }) {
    read.push(offset);
    if (read.length === breakAt) throw new TypeError("the connection broke");
    const whole = await readFile(join(folder, "there", id, file));
    const piece = Buffer.from(whole.subarray(offset, offset + length));
    if (spoil-- > 0) piece[0]! ^= 1;
    return piece;
  },
};

async function fetchImage() {
  const registry = new OperationRegistry();
  const definition = defineFetch({ store, folder: join(folder, "here") }, hosts);
  registry.add(definition);
  const engine = new OperationEngine({ store, registry, clock: systemClock, log: silentLog, pauses: [] });
  await engine.recover();
  const started = await engine.start(definition, { image: id }, { targets: [`image:${id}`] });
  return started.completion;
}

describe("an image that another host has", () => {
  it("is here as it is there, holes too, and only what is in it is sent", async () => {
    assert.equal((await fetchImage()).status, "succeeded");
    const { image } = await imageById(store, id);
    assert.equal(image.path, join(folder, "here", id, "disk.raw"));
    assert.deepEqual(await readFile(image.path), await readFile(there.path));
    assert.equal(await readFile(image.kernel!, "utf8"), "kernel");
    assert.deepEqual(read, [0, 2 * pieceSize, 0]);
    assert.ok((await stat(image.path)).blocks * 512 < 2 * pieceSize);
  });

  it("is asked for once more where a piece is damaged, and given up where it stays so", async () => {
    spoil = 2;
    assert.equal((await fetchImage()).status, "succeeded");
    assert.equal(read.filter((offset) => offset === 0).length, 4);
    await store.transact({ delete: [imageKey(id)] });
    await rm(join(folder, "here", id), { recursive: true });
    spoil = 3;
    const failed = await fetchImage();
    assert.equal(failed.error?.code, "image.copy_damaged");
    await assert.rejects(stat(join(folder, "here", id)), { code: "ENOENT" });
    await assert.rejects(imageById(store, id), (error) => hasCode(error, "image.not_found"));
  });

  it("leaves nothing where the connection breaks", async () => {
    breakAt = 2;
    assert.equal((await fetchImage()).status, "failed");
    await assert.rejects(stat(join(folder, "here", id)), { code: "ENOENT" });
  });

  it("is not fetched again, and has its name for itself", async () => {
    const old = { ...there, id: "i9999999999" };
    await put(store, imageKey(old.id), old);
    await fetchImage();
    assert.equal((await imageById(store, old.id)).image.name, old.id);
    const before = read.length;
    assert.equal((await fetchImage()).status, "succeeded");
    assert.equal(read.length, before);
  });
});
