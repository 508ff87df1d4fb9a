import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { Tickets, ticketLife } from "./tickets.ts";

let now = 0;
const clock = { now: () => now, monotonic: () => now, sleep: async () => undefined };
const refused = (error: unknown) => hasCode(error, "console.ticket_refused");
const grant = { guest: "g1", holder: "user:u1", viewOnly: true, obstacle: async () => undefined };

describe("a ticket", () => {
  it("says what it allows, once", () => {
    const tickets = new Tickets(clock);
    const { ticket, expiresAt } = tickets.issue(grant);
    assert.equal(expiresAt, now + ticketLife);
    assert.deepEqual(tickets.redeem(ticket, { guest: "g1", holder: "user:u1" }), grant);
    assert.throws(() => tickets.redeem(ticket, { guest: "g1", holder: "user:u1" }), refused);
  });

  it("is enough without anything else that says who shows it", () => {
    const tickets = new Tickets(clock);
    assert.deepEqual(tickets.redeem(tickets.issue(grant).ticket, { guest: "g1", holder: undefined }), grant);
  });

  it("is void for another guest and for somebody else, and used up by the attempt", () => {
    const tickets = new Tickets(clock);
    for (const wrong of [
      { guest: "g2", holder: "user:u1" },
      { guest: "g1", holder: "user:u2" },
    ]) {
      const { ticket } = tickets.issue(grant);
      assert.throws(() => tickets.redeem(ticket, wrong), refused);
      assert.throws(() => tickets.redeem(ticket, grant), refused);
    }
    assert.throws(() => tickets.redeem("made up", grant), refused);
  });

  it("is void after half a minute", () => {
    const tickets = new Tickets(clock);
    const { ticket } = tickets.issue(grant);
    now += ticketLife;
    assert.throws(() => tickets.redeem(ticket, grant), refused);
  });

  it("takes the place of the oldest where one holder has many, and of nobody else's", () => {
    const tickets = new Tickets(clock);
    const other = tickets.issue({ ...grant, holder: "user:u2" }).ticket;
    const [first, second, ...rest] = Array.from({ length: 65 }, () => tickets.issue(grant).ticket);
    assert.throws(() => tickets.redeem(first!, grant), refused);
    for (const ticket of [second!, ...rest, other])
      assert.equal(tickets.redeem(ticket, { guest: "g1", holder: undefined }).guest, "g1");
  });
});
