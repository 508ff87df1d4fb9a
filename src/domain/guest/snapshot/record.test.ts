import assert from "node:assert/strict";
import { test } from "node:test";
import type { GuestRecord } from "../record.ts";
import { cardsOf, requireCards, type SnapshotRecord } from "./record.ts";

const card = { network: "default", mac: "52:54:00:00:00:01" };
const guest = (...nics: object[]) =>
  ({ name: "web", nics: nics.map((nic) => ({ ...card, ...nic })) }) as unknown as GuestRecord;

test("memory is put back only into a machine with the network cards that it knows", () => {
  const before = guest({ id: "nic0" }, { id: "nic1", port: 0 });
  const snapshot = { name: "s", memoryFile: "/m", cards: cardsOf(before) } as unknown as SnapshotRecord;
  requireCards(before, snapshot, true);
  requireCards(guest({ id: "nic1", port: 0 }, { id: "nic0" }), snapshot, true);
  const others = [guest({ id: "nic0" }), guest({ id: "nic0" }, { id: "nic1", port: 1 })];
  for (const other of others) {
    assert.throws(() => requireCards(other, snapshot, true), { code: "snapshot.other_cards" });
    requireCards(other, snapshot, false);
  }
  // Taken before cards were noted.
  const { cards: _, ...old } = snapshot;
  requireCards(others[0]!, old, true);
});
