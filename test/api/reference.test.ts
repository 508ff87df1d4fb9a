/** Can the API's reference be read in a browser, under the server's own content policy? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { FakedDaemon } from "../fakes/faked-daemon.ts";

describe("the reference", () => {
  let daemon: FakedDaemon;
  let get: (path: string) => Promise<Response>;
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true });
    const url = await daemon.url();
    const authorization = `Bearer ${await daemon.token()}`;
    get = (path) => fetch(url + path, { headers: { authorization } });
  });
  after(() => daemon.close());

  it("is a page that loads files of this server alone, each of its own type", async () => {
    const page = await get("/v1/reference");
    assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
    assert.match(page.headers.get("content-security-policy") ?? "", /script-src 'self';/);
    const text = await page.text();
    const files = [...text.matchAll(/<(?:link|script)[^>]*?(?:href|src)="([^"]+)"/g)].map(
      (match) => match[1] ?? "",
    );
    const types = await Promise.all(files.map(async (file) => (await get(file)).headers.get("content-type")));
    assert.deepEqual(types, ["text/css; charset=utf-8", "text/javascript; charset=utf-8"]);
  });

  it("is written of the document that programs read", async () => {
    const document = (await (await get("/v1/openapi.json")).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    assert.equal(document.openapi, "3.1.0");
    const page = await (await get("/v1/reference")).text();
    for (const methods of Object.values(document.paths))
      for (const { operationId } of Object.values(methods)) assert.ok(page.includes(`id="${operationId}"`));
  });
});
