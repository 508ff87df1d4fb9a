/** What is told to whoever looks on: small pictures, use over time, space, what a guest was given? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { FakedDaemon } from "../fakes/faked-daemon.ts";
import { importBlank } from "../fakes/furnish.ts";

let daemon: FakedDaemon;
let url: string;
let cookie: string;

before(async () => {
  daemon = await FakedDaemon.start({ listen: true });
  url = await daemon.url();
  const { client } = daemon;
  await importBlank(client, "debian-13");
  for (const body of [
    { name: "web", userData: "#cloud-config\npassword: hunter2\nhostname: web\n", wait: "none" as const },
    { name: "rest", start: false },
  ])
    await client.waitFor(
      await client.call("guestCreate", { body: { image: "debian-13", memory: 2 ** 27, ...body } }),
    );
  const { code } = await client.call("signInLink");
  const entered = await fetch(`${url}/v1/session/redeem`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({ code, name: "ops", password: "correct horse battery" }),
  });
  cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
});
after(() => daemon.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, { headers: { cookie, ...headers } });

describe("a small picture of a display", () => {
  it("is a PNG no wider than a table needs, and told by a tag", async () => {
    const answer = await get("/v1/guests/web/thumbnail");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "image/png");
    const png = Buffer.from(await answer.arrayBuffer());
    assert.equal(png.readUInt32BE(16), 320);
    assert.ok(png.length < 100_000, String(png.length));
    const etag = answer.headers.get("etag") ?? "";
    const again = await get("/v1/guests/web/thumbnail", { "if-none-match": etag });
    assert.equal(again.status, 304);
    assert.equal((await again.arrayBuffer()).byteLength, 0);
  });

  it("is refused of a guest that does not run", async () => {
    await assert.rejects(daemon.client.call("thumbnailGet", { params: { guest: "rest" } }), (error) =>
      hasCode(error, "guest.wrong_state"),
    );
  });
});

describe("use over time", () => {
  it("is a series by range, of a guest and of the host", async () => {
    const hour = await daemon.client.call("usageGuest", { params: { guest: "web" } });
    assert.deepEqual([hour.range, hour.step], ["hour", 20]);
    const day = await daemon.client.call("usageHost", { query: { range: "day" } });
    assert.deepEqual([day.range, day.step, day.points], ["day", 600, []]);
    await assert.rejects(daemon.client.call("usageGuest", { params: { guest: "nobody" } }), (error) =>
      hasCode(error, "guest.not_found"),
    );
  });
});

describe("space", () => {
  it("is told by what takes it, the largest first, with those who stand on it", async () => {
    const { items, taken, free, size } = await daemon.client.call("storageGet");
    assert.ok(free < size);
    assert.equal(
      taken,
      items.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    assert.deepEqual(
      items.map(({ bytes }) => bytes),
      items.map(({ bytes }) => bytes).toSorted((a, b) => b - a),
    );
    const image = items.find(({ kind }) => kind === "image");
    const names = (item = image) => item?.guests.map(({ name }) => name);
    assert.deepEqual([image?.name, names()], ["debian-13", ["rest", "web"]]);
    const disk = items.find(({ name }) => name === "web disk0");
    assert.deepEqual([disk?.kind, names(disk)], ["disk", ["web"]]);
  });
});

describe("what a guest was given", () => {
  it("is told without its secrets", async () => {
    const told = await daemon.client.call("cloudInitGet", { params: { guest: "web" } });
    assert.equal(told.userData, "#cloud-config\npassword: [hidden]\nhostname: web\n");
    assert.match(told.hostKey, /^ssh-ed25519 /);
    assert.equal(told.hostname, "web");
  });
});
