import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Clock } from "#base/clock";
import { hasCode } from "#contract/errors";
import { download, fetchText, fileChecksums } from "./download.ts";

const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7) % 251));
/** A clock that never lets anybody wait. */
const clock: Clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} };

describe("a download", () => {
  let folder = "";
  let server: Server;
  let requests: IncomingMessage[] = [];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let url = "";
  let target = "";

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-download-"));
    target = join(folder, "file");
    requests = [];
    server = createServer((request, response) => {
      requests.push(request);
      answer(request, response);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await rm(folder, { recursive: true });
  });

  /** Serves the content with ranges, and breaks the first `breaks` connections half way (once it is read). */
  const serve = (breaks: number, etag: (attempt: number) => string = () => '"one"') => {
    answer = (request, response) => {
      const attempt = requests.length;
      const tag = etag(attempt);
      const from =
        request.headers["if-range"] === tag ? Number(/\d+/.exec(request.headers.range ?? "0")?.[0]) : 0;
      const length = content.length - from;
      const range =
        from > 0 ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } : {};
      response.writeHead(from > 0 ? 206 : 200, { etag: tag, "content-length": length, ...range });
      if (attempt > breaks) return response.end(content.subarray(from));
      response.write(content.subarray(from, from + length / 2), () =>
        setTimeout(() => response.destroy(), 20),
      );
    };
  };

  it("comes from no address that is closed, not by a redirect either, and is not tried again", async () => {
    answer = (request, response) => {
      if (request.url === "/a")
        response.writeHead(302, { location: `${url.replace("127.0.0.1", "127.0.0.2")}b` });
      response.end();
    };
    const closed = (error: unknown) => hasCode(error, "api.address_closed");
    const first = { clock, may: (address: string) => address !== "127.0.0.1" };
    await assert.rejects(download(url, target, first), closed);
    assert.equal(requests.length, 0);
    const second = { clock, may: (address: string) => address !== "127.0.0.2" };
    await assert.rejects(download(url, target, second), closed);
    assert.equal(requests.length, 1);
    assert.deepEqual(await readdir(folder), []);
  });

  it("gives the file, and its progress up to the whole", async () => {
    serve(0);
    const seen: (readonly [number, number | undefined])[] = [];
    await download(url, target, { clock, onProgress: (done, total) => seen.push([done, total]) });
    assert.ok(content.equals(await readFile(target)));
    assert.deepEqual(seen.at(-1), [content.length, content.length]);
  });

  it("goes on where a broken connection stopped", async () => {
    serve(2);
    await download(url, target, { clock });
    assert.ok(content.equals(await readFile(target)));
    assert.deepEqual(
      requests.map(({ headers }) => headers.range),
      [undefined, "bytes=50000-", "bytes=75000-"],
    );
  });

  it("begins anew where the file has become another meanwhile", async () => {
    serve(1, (attempt) => `"${attempt}"`);
    await download(url, target, { clock });
    assert.ok(content.equals(await readFile(target)));
  });

  it("that never gets further is an error after some tries, and leaves nothing", async () => {
    answer = (_request, response) => response.writeHead(503).end();
    await assert.rejects(download(url, target, { clock, retries: 2 }), {
      code: "image.download",
      params: { url, reason: "the server answered 503 Service Unavailable" },
    });
    assert.equal(requests.length, 3);
    assert.deepEqual(await readdir(folder), []);
  });

  it("of what is not there is not tried again", async () => {
    answer = (_request, response) => response.writeHead(404).end();
    await assert.rejects(download(url, target, { clock }), /the server answered 404/);
    assert.equal(requests.length, 1);
  });

  it("from which nothing comes is broken off", async () => {
    answer = (_request, response) => response.writeHead(200, { "content-length": 10 }).flushHeaders();
    await assert.rejects(download(url, target, { clock, retries: 0, stall: 50 }), { code: "image.download" });
  });

  it("follows redirects, but not for ever and not to other protocols", async () => {
    answer = (request, response) =>
      request.url === "/a" ? response.writeHead(302, { location: "/b" }).end() : response.end("here");
    await download(url, target, { clock });
    assert.equal(await readFile(target, "utf8"), "here");
    answer = (_request, response) => response.writeHead(302, { location: "/a" }).end();
    await assert.rejects(download(url, join(folder, "2"), { clock }), /redirected more than 5 times/);
    answer = (_request, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end();
    await assert.rejects(download(url, join(folder, "3"), { clock }), /leads to file:/);
  });

  it("that is larger than allowed is refused, whether the server says its size or not", async () => {
    serve(0);
    await assert.rejects(download(url, target, { clock, maxSize: 1000 }), /larger than allowed/);
    answer = (_request, response) => response.write(content, () => response.end(content));
    await assert.rejects(download(url, target, { clock, maxSize: 150_000 }), /larger than allowed/);
    assert.deepEqual(await readdir(folder), []);
  });

  it("that is aborted ends with the signal's reason, and leaves nothing", async () => {
    const abort = new AbortController();
    answer = (_request, response) => response.write(content);
    const reason = new Error("enough");
    await assert.rejects(
      download(url, target, { clock, signal: abort.signal, onProgress: () => abort.abort(reason) }),
      reason,
    );
    assert.deepEqual(await readdir(folder), []);
  });

  it("has the checksums of the file as it lies there", async () => {
    answer = (_request, response) => response.end("abc");
    await download(url, target, { clock });
    assert.deepEqual(await fileChecksums(target, ["sha256"]), {
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    });
    assert.equal((await fileChecksums(target, ["sha256", "sha512"])).sha512.slice(0, 16), "ddaf35a193617aba");
  });

  it("of a text has a limit", async () => {
    answer = (_request, response) => response.end("abc");
    assert.equal(await fetchText(url), "abc");
    answer = (_request, response) => response.end(Buffer.alloc(2 ** 20 + 1));
    await assert.rejects(fetchText(url), { code: "image.download" });
  });
});
