/** Does a file get here whole, whatever happens on its way, and nothing that should not? */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { exec } from "#base/exec";
import { retry } from "#base/retry";
import { createClient, type Client } from "#client/client";
import { hasCode, type ErrorCode, type Problem } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { FakedDaemon } from "../fakes/faked-daemon.ts";
import { diskBytes, sourceOf, type Bytes } from "../fakes/upload-source.ts";

type Upload = Schemas["Upload"];
const MiB = 2 ** 20;
const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);
const sha256 = (bytes: Bytes): string => createHash("sha256").update(bytes).digest("hex");

describe("an upload", () => {
  let daemon: FakedDaemon;
  const secrets: Record<string, string> = {};
  const clients: Record<string, Client> = {};

  async function reconnect(): Promise<void> {
    const url = await daemon.url();
    for (const [name, token] of Object.entries(secrets)) clients[name] = createClient({ url, token });
  }

  before(async () => {
    daemon = await FakedDaemon.start({ listen: true });
    for (const name of ["ann", "bob"]) {
      const body = { name, role: "operator" } as const;
      secrets[name] = (await daemon.client.call("tokenCreate", { body })).secret;
    }
    await reconnect();
  });
  after(() => daemon.close());

  const ann = (): Client => clients["ann"]!;
  const staged = (id: string): string => join(daemon.paths.images, "uploads", id);
  const begin = (size: number, more: Partial<Schemas["UploadCreate"]> = {}): Promise<Upload> =>
    ann().call("uploadCreate", { body: { file: "disk.img", size, ...more } });
  const look = (upload: string): Promise<Upload> => ann().call("uploadGet", { params: { upload } });
  const discard = (upload: string) => ann().call("uploadDelete", { params: { upload } });

  async function ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: Bytes | string,
    who = "ann",
  ): Promise<Response> {
    const authorization = `Bearer ${secrets[who]}`;
    return fetch(`${await daemon.url()}${path}`, {
      method,
      headers: { authorization, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }

  const send = (
    { id }: { readonly id: string },
    offset: number,
    body: Bytes,
    more: Record<string, string> = {},
    who?: string,
  ): Promise<Response> =>
    ask(
      "PATCH",
      `/v1/uploads/${id}`,
      { "content-type": "application/offset+octet-stream", "upload-offset": String(offset), ...more },
      body,
      who,
    );

  const codeOf = async (answer: Response): Promise<[number, string]> => [
    answer.status,
    ((await answer.json()) as Problem).code,
  ];

  /** Begins to send a piece and keeps the connection when some of it was sent. */
  async function sendSome(upload: Upload, offset: number, whole: number, some: Bytes): Promise<Socket> {
    const { hostname, port } = new URL(await daemon.url());
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.write(
      [
        `PATCH /v1/uploads/${upload.id} HTTP/1.1`,
        `Host: ${hostname}:${port}`,
        `Authorization: Bearer ${secrets["ann"]}`,
        "Content-Type: application/offset+octet-stream",
        `Upload-Offset: ${offset}`,
        `Content-Length: ${whole}`,
        "",
        "",
      ].join("\r\n"),
    );
    socket.write(some);
    await retry(
      async () => {
        // What makes no whole block waits for more.
        if ((await stat(staged(upload.id))).size < offset + some.length) throw new TypeError("not yet");
      },
      { clock: systemClock, first: 5, longest: 50, timeout: 20_000 },
    );
    return socket;
  }

  async function imported(upload: string, body: Schemas["UploadImport"]): Promise<Schemas["Image"]> {
    const operation = await ann().call("uploadImport", { params: { upload }, body });
    const { result } = await ann().waitFor(operation);
    return ann().call("imageGet", { params: { image: (result as { image: string }).image } });
  }

  it("becomes an image, byte for byte, and leaves nothing behind", async () => {
    const bytes = diskBytes(5 * MiB + 77);
    bytes.fill(0, MiB, 3 * MiB);
    const { id } = await ann().upload(sourceOf("My Disk.img", bytes));
    const inode = (await stat(staged(id))).ino;
    const image = await imported(id, { agent: "qemu" });
    assert.deepEqual(
      [image.name, image.kind, image.agent, image.sha256, image.size],
      ["my-disk", "disk", "qemu", sha256(bytes), bytes.length],
    );
    assert.deepEqual(image.source, { file: "My Disk.img" });
    const path = join(daemon.paths.images, image.id, "disk.raw");
    assert.equal(sha256((await readFile(path)) as Bytes), sha256(bytes));
    assert.equal((await stat(path)).ino, inode, "it was copied");
    assert.ok(image.stored <= 3.5 * MiB, "zeros take space");
    assert.deepEqual(await readdir(join(daemon.paths.images, "uploads")), []);
    await assert.rejects(look(id), is("upload.not_found"));
  });

  it("goes on where it stood after the daemon was killed in the middle", async () => {
    const bytes = diskBytes(8 * MiB);
    const source = sourceOf("killed.img", bytes);
    const stopped = new AbortController();
    const first = ann().upload(source, { signal: stopped.signal, onFound: () => stopped.abort() });
    await assert.rejects(first);
    const upload = (await ann().call("uploadList"))[0]!;
    await sendSome(upload, 0, 8 * MiB, bytes.subarray(0, 3 * MiB));
    const gone = daemon.ended();
    process.kill(daemon.pid, "SIGKILL");
    await gone;
    await daemon.restart();
    await reconnect();
    assert.equal((await look(upload.id)).offset, 3 * MiB);
    source.from.length = 0;
    const whole = await ann().upload(source);
    assert.deepEqual([whole.id, whole.state], [upload.id, "complete"]);
    // Its beginning and its end are read to know it by.
    assert.equal(source.from[2], 3 * MiB);
    assert.equal((await imported(whole.id, {})).sha256, sha256(bytes));
  });

  it("goes on by itself when the daemon is away for a while", async () => {
    const bytes = diskBytes(4 * MiB);
    const waiting: string[] = [];
    let away: Promise<void> | undefined;
    const whole = await ann().upload(sourceOf("away.img", bytes), {
      onProgress: ({ offset, waiting: why }) => {
        if (why) waiting.push(why.code);
        if (offset > 0) away ??= daemon.stop().then(() => daemon.restart());
      },
    });
    await away;
    assert.ok(waiting.length > 0, "it was never away");
    assert.equal((await imported(whole.id, {})).sha256, sha256(bytes));
  });

  it("takes nothing at another place than where it stands, and no more than was said", async () => {
    const upload = await begin(1000);
    assert.equal((await send(upload, 0, Buffer.alloc(400, 1))).status, 200);
    assert.deepEqual(await codeOf(await send(upload, 0, Buffer.alloc(10))), [409, "upload.offset"]);
    assert.deepEqual(await codeOf(await send(upload, 500, Buffer.alloc(10))), [409, "upload.offset"]);
    assert.deepEqual(await codeOf(await send(upload, 400, Buffer.alloc(601))), [413, "upload.too_much"]);
    assert.equal((await look(upload.id)).offset, 400);
    const body = { params: { upload: upload.id } };
    await assert.rejects(ann().call("uploadImport", body), is("upload.incomplete"));
    const whole = (await (await send(upload, 400, Buffer.alloc(600, 2))).json()) as Upload;
    assert.deepEqual([whole.offset, whole.state], [1000, "complete"]);
    await discard(upload.id);
  });

  it("takes a piece with a checksum as a whole or not at all", async () => {
    const upload = await begin(2000);
    const piece = Buffer.alloc(1000, 3);
    const sum = (algorithm: string, bytes: Bytes) => ({
      "upload-checksum": `${algorithm} ${createHash(algorithm).update(bytes).digest("base64")}`,
    });
    const wrong = await send(upload, 0, piece, sum("sha256", Buffer.from("other")));
    assert.deepEqual(await codeOf(wrong), [460, "upload.checksum"]);
    assert.equal((await look(upload.id)).offset, 0);
    assert.equal((await send(upload, 0, piece, sum("sha256", piece))).status, 200);
    assert.equal((await send(upload, 1000, piece, sum("sha1", piece))).status, 200);
    const unknown = await send(upload, 2000, Buffer.alloc(0), { "upload-checksum": "md5 AAAA" });
    assert.deepEqual(await codeOf(unknown), [400, "upload.metadata"]);
    await discard(upload.id);
  });

  it("is for bytes alone", async () => {
    const upload = await begin(10);
    const path = `/v1/uploads/${upload.id}`;
    const json = await ask("PATCH", path, { "content-type": "application/json", "upload-offset": "0" }, "{}");
    assert.deepEqual(await codeOf(json), [415, "upload.not_bytes"]);
    const text = await ask("PATCH", path, { "content-type": "text/plain", "upload-offset": "0" }, "x");
    assert.deepEqual(await codeOf(text), [415, "api.media_type"]);
    const nowhere = await ask("PATCH", path, { "content-type": "application/offset+octet-stream" }, "x");
    assert.deepEqual(await codeOf(nowhere), [400, "upload.metadata"]);
    const elsewhere = { "content-type": "application/offset+octet-stream" };
    assert.deepEqual(await codeOf(await ask("POST", "/v1/guests", elsewhere, "x")), [415, "api.media_type"]);
    await discard(upload.id);
  });

  it("is nobody else's to see, to go on with or to end, but an admin may end it", async () => {
    const upload = await begin(10);
    const bob = clients["bob"]!;
    const params = { upload: upload.id };
    assert.deepEqual(await bob.call("uploadList"), []);
    for (const name of ["uploadGet", "uploadDelete", "uploadImport"] as const)
      await assert.rejects(bob.call(name, { params }), is("upload.not_found"), name);
    const foreign = await send(upload, 0, Buffer.alloc(10), {}, "bob");
    assert.deepEqual(await codeOf(foreign), [404, "upload.not_found"]);
    const host = daemon.client;
    assert.deepEqual(
      (await host.call("uploadList")).map(({ id, own, owner }) => [id, own, owner]),
      [[upload.id, false, "ann"]],
    );
    await assert.rejects(host.call("uploadImport", { params }), is("upload.not_found"));
    await host.call("uploadDelete", { params });
    await assert.rejects(look(upload.id), is("upload.not_found"));
  });

  it("has one sender: the last who comes", async () => {
    const upload = await begin(2 * MiB);
    const first = await sendSome(upload, 0, 2 * MiB, Buffer.alloc(MiB, 1));
    const answer = once(first, "data");
    assert.equal((await send(upload, MiB, Buffer.alloc(100, 2))).status, 200);
    assert.match(String(await answer), /^HTTP\/1.1 409 [\s\S]*upload\.taken_over/);
    first.destroy();
    assert.equal((await look(upload.id)).offset, MiB + 100);
    await discard(upload.id);
  });

  it("goes when nobody has gone on with it for a day, and so does what no upload has", async () => {
    const fresh = await begin(10);
    await daemon.stop();
    const old = "2026-01-02T03:04:05.000Z";
    const id = "uoldoldold0";
    const owner = { id: "host", name: "host" };
    const value = { id, owner, file: "old", size: 10, createdAt: old, durable: 0 };
    await daemon.fill([{ key: `uploads/${id}`, value }]);
    await writeFile(staged(id), "half");
    await utimes(staged(id), new Date(old), new Date(old));
    await writeFile(staged("uorphanorph"), "left");
    await daemon.restart();
    await reconnect();
    assert.deepEqual(
      (await daemon.client.call("uploadList")).map((upload) => upload.id),
      [fresh.id],
    );
    assert.deepEqual(await readdir(join(daemon.paths.images, "uploads")), [fresh.id]);
    await discard(fresh.id);
  });

  it("of many goes on beside the others", async () => {
    const files = Array.from({ length: 10 }, () => diskBytes(2 * MiB));
    const images = await Promise.all(
      files.map(async (bytes, i) => {
        const { id } = await ann().upload(sourceOf(`many-${i}.img`, bytes));
        return imported(id, {});
      }),
    );
    assert.deepEqual(
      images.map(({ name, sha256: sum }) => [name, sum]),
      files.map((bytes, i) => [`many-${i}`, sha256(bytes)]),
    );
  });

  it("of too many is refused", async () => {
    const open = await Promise.all(Array.from({ length: 16 }, () => begin(10)));
    await assert.rejects(begin(10), is("upload.too_many"));
    await daemon.client.call("uploadCreate", { body: { file: "x", size: 1 } });
    for (const { id } of [...open, ...(await daemon.client.call("uploadList"))])
      await daemon.client.call("uploadDelete", { params: { upload: id } }).catch(() => undefined);
    assert.deepEqual(await daemon.client.call("uploadList"), []);
  });

  it("is refused as an image for what a file of the host is refused for", async () => {
    const folder = join(daemon.folder, "hostile");
    await mkdir(folder);
    const [base, top] = [join(folder, "base.qcow2"), join(folder, "top.qcow2")];
    await exec("qemu-img", ["create", "-q", "-f", "qcow2", base, "1M"]);
    await exec("qemu-img", ["create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", top]);
    const hostile = await ann().upload(sourceOf("top.qcow2", (await readFile(top)) as Bytes));
    await assert.rejects(imported(hostile.id, {}), is("image.unsafe"));
    const nothing = await ann().upload(sourceOf("nothing.iso", Buffer.alloc(4096, 7)));
    await assert.rejects(imported(nothing.id, {}), is("image.unknown_format"));
    await retry(
      async () => {
        assert.deepEqual(await readdir(join(daemon.paths.images, "uploads")), []);
      },
      { clock: systemClock, first: 5, longest: 50, timeout: 20_000 },
    );
    assert.deepEqual(await ann().call("uploadList"), []);
  });

  it("stays for another try where its name or its digest was wrong", async () => {
    const bytes = diskBytes(MiB);
    await assert.rejects(begin(10, { name: "many-0" }), is("image.name_taken"));
    const { id } = await ann().upload(sourceOf("again.img", bytes));
    await assert.rejects(imported(id, { name: "many-0" }), is("image.name_taken"));
    await assert.rejects(imported(id, { sha256: "0".repeat(64) }), is("image.checksum"));
    const image = await imported(id, { name: "again", sha256: sha256(bytes) });
    assert.equal(image.name, "again");
  });

  it("speaks tus 1.0 to whoever does", async () => {
    const tus = { "tus-resumable": "1.0.0" };
    const able = await ask("OPTIONS", "/v1/uploads");
    assert.deepEqual(
      [able.status, able.headers.get("tus-version"), able.headers.get("tus-extension")],
      [204, "1.0.0", "creation,termination,checksum,expiration"],
    );
    const metadata = `filename ${Buffer.from("Ärger.img").toString("base64")},empty`;
    const made = await ask("POST", "/v1/uploads", {
      ...tus,
      "upload-length": "300",
      "upload-metadata": metadata,
    });
    assert.equal(made.status, 201);
    const path = made.headers.get("location") ?? "";
    const id = path.split("/").at(-1)!;
    assert.equal((await look(id)).file, "Ärger.img");
    const part = await send({ id }, 0, Buffer.alloc(100, 1), tus);
    assert.deepEqual([part.status, part.headers.get("upload-offset")], [204, "100"]);
    const head = await ask("HEAD", path, tus);
    assert.deepEqual(
      [head.status, head.headers.get("upload-offset"), head.headers.get("upload-length")],
      [200, "100", "300"],
    );
    assert.equal(head.headers.get("cache-control"), "no-store");
    assert.ok(Date.parse(head.headers.get("upload-expires") ?? "") > Date.now());
    assert.deepEqual(await codeOf(await ask("GET", path, { "tus-resumable": "0.2" })), [
      412,
      "upload.version",
    ]);
    assert.equal((await ask("DELETE", path, tus)).status, 204);
    assert.equal((await ask("HEAD", path, tus)).status, 404);
    const nameless = await ask("POST", "/v1/uploads", { ...tus, "upload-length": "1" });
    assert.deepEqual(await codeOf(nameless), [400, "api.invalid"]);
  });

  it("is written to the audit log where it begins and ends, and not with each piece", async () => {
    const upload = await begin(10);
    await send(upload, 0, Buffer.alloc(10, 1));
    await discard(upload.id);
    const entries = await daemon.client.call("auditList", { query: { limit: 2 } });
    assert.deepEqual(
      entries.map(({ action }) => action),
      ["uploadDelete", "uploadCreate"],
    );
  });
});
