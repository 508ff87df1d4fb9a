import assert from "node:assert/strict";
import { it } from "node:test";
import { wants } from "./filter.ts";

const event = (kind: string, more: object = {}) => ({ id: "1", at: "", kind, message: "", ...more });

it("kinds are named in full, by their noun, or all", () => {
  const told = (events: string[]) =>
    ["guest.created", "guest.removed", "guestbook.signed"].filter((kind) => wants({ events }, event(kind)));
  assert.deepEqual(told(["guest.created"]), ["guest.created"]);
  assert.deepEqual(told(["guest.*"]), ["guest.created", "guest.removed"]);
  assert.deepEqual(told(["*"]), ["guest.created", "guest.removed", "guestbook.signed"]);
  assert.deepEqual(told(["image.*", "guest.removed"]), ["guest.removed"]);
});

it("a guest and a label narrow it, by what the event itself says", () => {
  const front = event("guest.removed", { guest: "g1", labels: { tier: "front" } });
  const events = ["*"];
  assert.ok(wants({ events, guest: "g1" }, front));
  assert.ok(wants({ events, project: "shop" }, { ...front, project: "shop" }));
  assert.ok(!wants({ events, project: "shop" }, { ...front, project: "bank" }));
  assert.ok(!wants({ events, project: "shop" }, event("host.guests_return")));
  assert.ok(!wants({ events, guest: "g2" }, front));
  assert.ok(!wants({ events, guest: "g1" }, event("host.guests_return")));
  assert.ok(wants({ events, label: "tier" }, front));
  assert.ok(wants({ events, label: "tier=front" }, front));
  assert.ok(!wants({ events, label: "tier=back" }, front));
  assert.ok(!wants({ events, label: "toString" }, event("guest.removed")));
});
