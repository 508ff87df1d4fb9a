import assert from "node:assert/strict";
import { afterEach, beforeEach, it } from "node:test";
import { MemoryStore } from "#durable/store/memory";
import { placeOf } from "#durable/store/partition";
import { guestRecord } from "../../../test/fakes/guest-records.ts";
import { guestKey } from "../guest/record.ts";
import { memberKey } from "../member/record.ts";
import { Views } from "./views.ts";

const guest = guestRecord(1);
const at = (host: string): string => placeOf(host, guestKey(guest.id));

let store: MemoryStore;
let views: Views;
beforeEach(async () => {
  store = new MemoryStore();
  const member = (id: string, name: string) => ({ key: memberKey(id), value: { id, name } });
  await store.transact({
    put: [member("h1", "alpha"), member("h2", "beta"), { key: at("h1"), value: guest }],
  });
  views = new Views(store, { lastId: "" }, "h1");
  await views.open();
});
afterEach(async () => {
  views.close();
  await store.close();
});

const hostOf = () => views.guests.get(guest.id)?.host;

it("a guest is shown with the name of the host that it is on, and another's once it has moved", async () => {
  assert.equal(hostOf(), "alpha");
  await store.transact({ put: [{ key: at("h2"), value: guest }], delete: [at("h1")] });
  await views.caughtUp();
  assert.equal(hostOf(), "beta");
});

it("the name of a host that came later is known by what comes to it", async () => {
  await store.transact({ put: [{ key: memberKey("h3"), value: { id: "h3", name: "gamma" } }] });
  await store.transact({ put: [{ key: at("h3"), value: guest }], delete: [at("h1")] });
  await views.caughtUp();
  assert.equal(hostOf(), "gamma");
});

it("on a single host it is on none", async () => {
  const alone = new MemoryStore();
  await alone.transact({ put: [{ key: guestKey(guest.id), value: guest }] });
  const own = new Views(alone, { lastId: "" });
  await own.open();
  assert.equal(own.guests.get(guest.id)?.host, undefined);
  own.close();
  await alone.close();
});

it("a list asks once how far the store is, and not with each page that follows", async () => {
  const more = [2, 3].map((n) => guestRecord(n));
  await store.transact({ put: more.map((value) => ({ key: placeOf("h1", guestKey(value.id)), value })) });
  const first = await views.page(views.guests, { limit: 1 });
  await store.close();
  const second = await views.page(views.guests, { limit: 1, cursor: first.next });
  const third = await views.page(views.guests, { limit: 1, cursor: second.next });
  assert.deepEqual(
    [...first.items, ...second.items, ...third.items].map(({ id }) => id),
    [guest, ...more].map(({ id }) => id),
  );
  assert.equal(third.next, undefined);
});
