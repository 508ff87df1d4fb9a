import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { chooseAddress, keepAddress, keptAddress, urlOf } from "./address.ts";

describe("the address of a home", () => {
  let home: string;
  before(async () => void (home = await mkdtemp(join(tmpdir(), "lodge-address-"))));
  after(() => rm(home, { recursive: true }));

  it("is one of this computer's that nobody has", async () => {
    const free = (await chooseAddress(home, undefined))!;
    const port = Number(/^127\.0\.0\.1:(\d+)$/.exec(free)?.[1]);
    await using server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    assert.equal((server.address() as AddressInfo).port, port);
    assert.notEqual(await chooseAddress(home, undefined), free);
  });

  it("is what was asked for, and is kept", async () => {
    assert.equal(await keptAddress(home), undefined);
    const address = (await chooseAddress(home, "127.0.0.1:9001"))!;
    await keepAddress(home, address);
    assert.equal(await chooseAddress(home, undefined), "127.0.0.1:9001");
    assert.equal(await chooseAddress(home, "[::1]:9002"), "[::1]:9002");
  });

  it("is under TLS where other computers can reach it", () => {
    assert.equal(urlOf("127.0.0.1:7070"), "http://127.0.0.1:7070/");
    assert.equal(urlOf("[::1]:7070"), "http://[::1]:7070/");
    assert.equal(urlOf("lodge.example:7070"), "https://lodge.example:7070/");
  });
});
