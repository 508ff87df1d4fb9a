/** Is a change made once, and only of what was seen? */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { hasCode, type ErrorCode } from "#contract/errors";
import type { Route } from "#contract/route";
import { routes } from "#contract/routes";
import { FakedDaemon } from "../fakes/faked-daemon.ts";
import { guestRecords } from "../fakes/guest-records.ts";

const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);

describe("requests", () => {
  let daemon: FakedDaemon;
  let url = "";
  let authorization = "";
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true, records: guestRecords(3) });
    url = await daemon.url();
    authorization = `Bearer ${await daemon.token()}`;
    await daemon.image("tiny", "none");
  });
  after(() => daemon.close());

  const fetched = (path: string, headers: Record<string, string> = {}) =>
    fetch(url + path, { headers: { authorization, ...headers } });

  it("for an object are answered with the tag of its state, and briefly to whoever has that", async () => {
    const first = await fetched("/v1/guests/guest-00000");
    const etag = first.headers.get("etag") ?? "";
    assert.match(etag, /^"[\w-]+"$/);
    const again = await fetched("/v1/guests/guest-00000", { "if-none-match": `"other", W/${etag}` });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), "");
    await daemon.client.call("guestUpdate", {
      params: { guest: "guest-00000" },
      body: { description: "new" },
    });
    const changed = await fetched("/v1/guests/guest-00000", { "if-none-match": etag });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get("etag"), etag);
  });

  it("that change what others changed meanwhile are refused", async () => {
    const { client } = daemon;
    const params = { guest: "guest-00001" };
    const { etag } = await client.tagged("guestGet", { params });
    const { etag: next } = await client.tagged(
      "guestUpdate",
      { params, body: { description: "1" } },
      { ifMatch: etag },
    );
    const stale = client.call("guestUpdate", { params, body: { description: "2" } }, { ifMatch: etag });
    await assert.rejects(stale, is("api.changed"));
    await assert.rejects(client.call("guestDelete", { params }, { ifMatch: etag }), is("api.changed"));
    await assert.rejects(client.call("guestStart", { params }, { ifMatch: etag }), is("api.changed"));
    await client.call("guestUpdate", { params, body: { description: "3" } }, { ifMatch: `"x", ${next}` });
    await client.call("guestUpdate", { params, body: { description: "4" } }, { ifMatch: "*" });
    const image = { body: { image: "tiny" } };
    await assert.rejects(client.call("guestCreate", image, { ifMatch: etag }), is("api.invalid"));
  });

  it("that begin work race for one state: who comes after another's change begins nothing", async () => {
    const { client } = daemon;
    const params = { guest: "raced" };
    await client.waitFor(
      await client.call("guestCreate", { body: { image: "tiny", name: "raced", start: false } }),
    );
    const { etag } = await client.tagged("guestGet", { params });
    // Sent at once: the update's transaction lies before, between or after the other's first look and its own.
    const results = await Promise.allSettled([
      client.call("guestUpdate", { params, body: { description: "won" } }, { ifMatch: etag }),
      client.call("guestStart", { params }, { ifMatch: etag }),
    ]);
    const [update, start] = results;
    if (update.status === "fulfilled" && start.status === "rejected")
      assert.ok(hasCode(start.reason, "api.changed"));
    for (const result of results)
      if (result.status === "rejected")
        assert.ok(["api.changed", "guest.busy"].includes((result.reason as { code: string }).code));
    assert.ok(results.some(({ status }) => status === "fulfilled"));
    if (start.status === "fulfilled") await client.waitFor(start.value);
    const operations = await client.call("operationList", { query: { kind: "guest.start" } });
    assert.equal(operations.length, start.status === "fulfilled" ? 1 : 0);
    assert.deepEqual(
      new Set(operations.map(({ actor }) => actor)),
      new Set(operations.length ? ["host"] : []),
    );
  });

  it("that race to change one state have one winner", async () => {
    const { client } = daemon;
    const params = { guest: "guest-00002" };
    const { etag } = await client.tagged("guestGet", { params });
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        client.call("guestUpdate", { params, body: { description: `racer ${i}` } }, { ifMatch: etag }),
      ),
    );
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    for (const result of results)
      if (result.status === "rejected") assert.ok(hasCode(result.reason, "api.changed"));
  });

  it("that race to put something into one drive have one winner, and that is in it", async () => {
    const { client } = daemon;
    const params = { guest: "guest-00000" };
    const iso = Buffer.alloc(40_960);
    iso.write("CD001", 32_769);
    const media = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const image = join(daemon.folder, `medium-${i}.iso`);
        await writeFile(image, iso);
        return image;
      }),
    );
    const { etag } = await client.tagged("guestGet", { params });
    const results = await Promise.allSettled(
      media.map((image) => client.call("guestDrive", { params, body: { image } }, { ifMatch: etag })),
    );
    const won = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    for (const result of results)
      if (result.status === "rejected") assert.ok(hasCode(result.reason, "api.changed"));
    assert.equal(won.length, 1);
    assert.deepEqual((await client.call("guestGet", { params })).drives, won[0]!.drives);
  });

  it("with a key are done once, over the daemon's restart too", async () => {
    const { client } = daemon;
    const body = { image: "tiny", name: "once", start: false };
    const key = { idempotencyKey: "key-1" };
    const [one, two] = await Promise.all([
      client.call("guestCreate", { body }, key),
      client.call("guestCreate", { body }, key),
    ]);
    assert.equal(one.id, two.id);
    await client.waitFor(one);
    await daemon.restart();
    const later = await client.call("guestCreate", { body }, key);
    assert.equal(later.id, one.id);
    assert.equal(later.status, "succeeded");
    const other = client.call("guestCreate", { body: { ...body, name: "twice" } }, key);
    await assert.rejects(other, is("api.key_reused"));
    await assert.rejects(client.call("guestCreate", { body }), is("guest.name_taken"));
    const bad = client.call("guestCreate", { body }, { idempotencyKey: "a b" });
    await assert.rejects(bad, is("api.invalid"));
  });

  it("that failed may be sent again with their key", async () => {
    const { client } = daemon;
    const key = { idempotencyKey: "key-2" };
    const body = { image: "later", name: "later", start: false };
    await assert.rejects(client.call("guestCreate", { body }, key), is("image.not_found"));
    await daemon.image("later", "none");
    await client.waitFor(await client.call("guestCreate", { body }, key));
  });

  it("are told that an answer is given again", async () => {
    const send = () =>
      fetch(`${url}/v1/guests/once/start`, {
        method: "POST",
        headers: { authorization, "idempotency-key": "key-3" },
      });
    // The port is another one after the restart.
    url = await daemon.url();
    const first = await send();
    const second = await send();
    assert.equal(first.headers.get("idempotency-replayed"), null);
    assert.equal(second.headers.get("idempotency-replayed"), "true");
    assert.equal(second.status, 202);
    assert.equal(second.headers.get("location"), first.headers.get("location"));
  });

  it("that show an object all have a tag", async () => {
    const shown = Object.values(routes as Record<string, Route>).filter(
      ({ method, returns, list, path, permission, errors }) =>
        method === "GET" &&
        returns &&
        !list &&
        !path.includes(":") &&
        permission !== "peer" &&
        // Where there is no other host, there is nothing to show.
        !(errors as readonly string[]).some((code) => code.endsWith(".alone")),
    );
    assert.ok(shown.length > 1);
    for (const { path } of shown) assert.ok((await fetched(path)).headers.get("etag"), path);
  });
});
