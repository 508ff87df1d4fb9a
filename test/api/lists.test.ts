/** Are lists whole, in pages, and of now? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { FakedDaemon } from "../fakes/faked-daemon.ts";
import { guestRecords } from "../fakes/guest-records.ts";

describe("lists", () => {
  let daemon: FakedDaemon;
  before(async () => {
    daemon = await FakedDaemon.start({ records: guestRecords(2_345) });
  });
  after(() => daemon.close());

  it("give every guest, in order, to whoever does not ask for pages", async () => {
    const guests = await daemon.client.call("guestList");
    assert.equal(guests.length, 2_345);
    const names = guests.map(({ name }) => name);
    assert.deepEqual(names, names.toSorted());
  });

  it("come in pages, each with the way to the next", async () => {
    const seen = new Set<string>();
    let cursor: string | undefined;
    let pages = 0;
    do {
      const query = { limit: 500, ...(cursor === undefined ? {} : { cursor }) };
      const page = await daemon.client.page("guestList", { query });
      for (const { id } of page.items) seen.add(id);
      cursor = page.next;
      pages++;
    } while (cursor !== undefined);
    assert.equal(seen.size, 2_345);
    assert.equal(pages, 5);
  });

  it("are filtered by state, label, name and image", async () => {
    const { client } = daemon;
    const count = async (query: object) => (await client.call("guestList", { query })).length;
    assert.equal(await count({ label: "tier=3" }), 235);
    assert.equal(await count({ label: "tier" }), 2_345);
    assert.equal(await count({ label: "tier=3", state: "running" }), 0);
    assert.equal(await count({ state: "stopped" }), 2_345);
    assert.equal(await count({ name: "guest-0000" }), 10);
    assert.equal(await count({ image: "debian-13" }), 2_345);
    assert.equal(await count({ image: "nothing" }), 0);
  });

  it("have what was written before they were asked for", async () => {
    const { client } = daemon;
    for (let i = 0; i < 20; i++) {
      const body = { description: `turn ${i}` };
      await client.call("guestUpdate", { params: { guest: "guest-00007" }, body });
      const [guest] = await client.call("guestList", { query: { name: "guest-00007" } });
      assert.equal(guest?.description, `turn ${i}`);
    }
  });

  it("refuse a cursor that none of them gave", async () => {
    const query = { cursor: "?" };
    for (const name of ["guestList", "imageList", "operationList", "eventList"] as const)
      await assert.rejects(daemon.client.page(name, { query }), (error) => hasCode(error, "api.invalid"));
  });

  it("tell of operations and of what happened, newest first", async () => {
    const { client } = daemon;
    await daemon.image("tiny", "none");
    await client.waitFor(
      await client.call("guestCreate", { body: { image: "tiny", name: "made", start: false } }),
    );
    const operations = await client.call("operationList");
    assert.deepEqual(
      operations.map(({ kind }) => kind),
      ["guest.create", "image.import"],
    );
    assert.deepEqual(
      (await client.call("operationList", { query: { kind: "image.import" } })).map(({ kind }) => kind),
      ["image.import"],
    );
    await client.waitFor(await client.call("guestStart", { params: { guest: "made" } }));
    await client.waitFor(
      await client.call("guestStop", { params: { guest: "made" }, body: { force: true } }),
    );
    const { items, next } = await client.page("eventList", { query: { guest: "made", limit: 1 } });
    assert.equal(items[0]?.kind, "guest.stopped");
    const all = await client.call("eventList", { query: { guest: "made" } });
    assert.ok(all.length > 1 && next !== undefined);
    assert.deepEqual(
      all.map(({ id }) => id),
      all.map(({ id }) => id).toSorted((a, b) => (a < b ? 1 : -1)),
    );
  });
});
