import assert from "node:assert/strict";
import { it } from "node:test";
import { hasCode } from "#contract/errors";
import { guestRecord } from "../../../../test/fakes/guest-records.ts";
import { MemoryStore } from "#durable/store/memory";
import { put } from "#durable/store/update";
import { guestKey, type GuestRecord } from "#domain/guest/record";
import { memberKey } from "#domain/member/record";
import { requireCompany } from "./company.ts";

const apart = { antiAffinity: [{ label: "app=web", required: true }] };
const web = (i: number, placement?: GuestRecord["placement"]): GuestRecord => ({
  ...guestRecord(i),
  labels: { app: "web" },
  ...(placement ? { placement } : {}),
});

const refused = (asked: Promise<void>, words: RegExp) =>
  assert.rejects(asked, (error) => hasCode(error, "placement.not_here") && words.test(error.message));

it("guests that were sent here at the same moment and have to be apart are not both let in", async () => {
  const store = new MemoryStore();
  const member = { host: "h1", name: "alder" };
  await requireCompany({ store, member }, web(1, apart));
  await put(store, guestKey(web(1).id), web(1, apart));
  await refused(
    requireCompany({ store, member }, web(2, apart)),
    /alder cannot have 'guest-00002': it has guests with/,
  );
  // Nor one that does not know of it.
  await refused(requireCompany({ store, member }, web(2)), /guest-00001, which has to be apart from such/);
  await requireCompany({ store, member }, guestRecord(3));
  // On a host that stands alone who does not ask for it is not asked for it.
  await requireCompany({ store, member: undefined }, web(2));
  await refused(requireCompany({ store, member: undefined }, web(2, apart)), /^This host cannot have/);
});

it("nobody is let in while the host is drained", async () => {
  const store = new MemoryStore();
  const member = { host: "h1", name: "alder" };
  await put(store, memberKey("h1"), { state: "draining" });
  await refused(requireCompany({ store, member }, guestRecord(1)), /is being drained/);
});
