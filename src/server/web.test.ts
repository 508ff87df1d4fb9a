import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { brotliDecompressSync, brotliCompressSync } from "node:zlib";
import { silentLog } from "#base/log";
import { FakeServices } from "../../test/fakes/fake-services.ts";
import { createServer, type Server } from "./server.ts";

const folder = mkdtempSync(join(tmpdir(), "lodge-web-"));
let server: Server;
let port = 0;

before(async () => {
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<html>");
  writeFileSync(join(folder, "icon.svg"), "<svg>");
  writeFileSync(join(folder, "assets/a-1.js"), "script");
  writeFileSync(join(folder, "assets/a-1.js.br"), brotliCompressSync("script"));
  writeFileSync(join(folder, "secret"), "secret");
  server = await createServer({ services: new FakeServices(), log: silentLog, version: "0", web: folder });
  port = Number((await server.listenTcp("127.0.0.1:0")).split(":")[1]);
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

const page = { accept: "text/html,*/*" };

function ask(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("the web interface", () => {
  it("is there for whoever comes, at every address of a page", async () => {
    for (const path of ["/", "/guests", "/guests/web-1/console?x=1"]) {
      const { status, body, headers } = await ask(path, page);
      assert.equal(status, 200, path);
      assert.equal(body.toString(), "<html>");
      assert.equal(headers["cache-control"], "no-cache");
    }
  });

  it("lets no script in but its own, and nothing around it", async () => {
    const { headers } = await ask("/", page);
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
  });

  it("sends files as the browser takes them, for ever, and not twice", async () => {
    const { headers, body } = await ask("/assets/a-1.js", { "accept-encoding": "gzip, br;q=1" });
    assert.equal(headers["content-encoding"], "br");
    assert.equal(brotliDecompressSync(body).toString(), "script");
    assert.match(String(headers["cache-control"]), /immutable/);
    const plain = await ask("/assets/a-1.js");
    assert.equal(plain.headers["content-encoding"], undefined);
    assert.equal(plain.headers["content-type"], "text/javascript; charset=utf-8");
    assert.equal(plain.body.toString(), "script");
    const again = await ask("/assets/a-1.js", { "if-none-match": String(plain.headers["etag"]) });
    assert.equal(again.status, 304);
  });

  it("has nothing outside its folder", async () => {
    for (const path of [
      "/assets/..%2fsecret",
      "/assets/../secret",
      "/assets/%2e%2e/secret",
      "/secret",
      "/assets/",
    ]) {
      const { status, body } = await ask(path);
      assert.equal(status, 404, path);
      assert.ok(!body.includes("secret\n") && body.toString() !== "secret");
    }
  });

  it("leaves the API's addresses to the API: what is not there is an error in its own words", async () => {
    for (const path of ["/v1/nothing", "/v1"]) {
      const { status, body } = await ask(path, page);
      assert.equal(status, 404);
      assert.equal((JSON.parse(body.toString()) as { code: string }).code, "api.not_found");
    }
    assert.equal((await ask("/v1/guests", page)).status, 401);
    assert.equal((await ask("/guests", page, "POST")).status, 404);
  });

  it("answers only to Lodge's own names", async () => {
    assert.equal((await ask("/", { ...page, host: "evil.example.com" })).status, 403);
  });

  it("says how to build it where it was not built", async () => {
    const bare = await createServer({
      services: new FakeServices(),
      log: silentLog,
      version: "0",
      web: join(folder, "none"),
    });
    const other = port;
    port = Number((await bare.listenTcp("127.0.0.1:0")).split(":")[1]);
    const { status, body } = await ask("/", page);
    port = other;
    await bare.close();
    assert.equal(status, 503);
    assert.equal((JSON.parse(body.toString()) as { code: string }).code, "api.no_web");
  });
});
