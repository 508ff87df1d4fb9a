import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { Tickets, ticketLife } from "./tickets.ts";

let now = 0;
const clock = { now: () => now, monotonic: () => now, sleep: async () => undefined };
const refused = (error: unknown) => hasCode(error, "console.ticket_refused");
const grant = {
  guest: "g1",
  holder: "user:u1",
  user: "anna",
  viewOnly: true,
  obstacle: async () => undefined,
};
const own = { guest: "g1", holder: "user:u1", use: "display" as const };
const unsaid = { ...own, holder: undefined };

describe("a ticket", () => {
  it("says what it allows, once", () => {
    const tickets = new Tickets(clock);
    const { ticket, expiresAt } = tickets.issue(grant);
    assert.equal(expiresAt, now + ticketLife);
    assert.deepEqual(tickets.redeem(ticket, own), grant);
    assert.throws(() => tickets.redeem(ticket, own), refused);
  });

  it("is enough without anything else that says who shows it", () => {
    const tickets = new Tickets(clock);
    assert.deepEqual(tickets.redeem(tickets.issue(grant).ticket, unsaid), grant);
  });

  it("is void for another guest and for somebody else, and used up by the attempt", () => {
    const tickets = new Tickets(clock);
    for (const wrong of [
      { ...own, guest: "g2" },
      { ...own, holder: "user:u2" },
    ]) {
      const { ticket } = tickets.issue(grant);
      assert.throws(() => tickets.redeem(ticket, wrong), refused);
      assert.throws(() => tickets.redeem(ticket, own), refused);
    }
    assert.throws(() => tickets.redeem("made up", own), refused);
  });

  it("by which one may only look takes no file", () => {
    const tickets = new Tickets(clock);
    const drop = { ...own, use: "drop" as const };
    assert.throws(() => tickets.redeem(tickets.issue(grant).ticket, drop), refused);
    const hands = { ...grant, viewOnly: false };
    assert.deepEqual(tickets.redeem(tickets.issue(hands).ticket, drop), hands);
  });

  it("is void after half a minute", () => {
    const tickets = new Tickets(clock);
    const { ticket } = tickets.issue(grant);
    now += ticketLife;
    assert.throws(() => tickets.redeem(ticket, own), refused);
  });

  it("of a desktop opens each of what it is for once, and nothing else", () => {
    const tickets = new Tickets(clock);
    const desktop = { id: "dt1", shadow: false, power: true, uses: ["display", "sound"] as const };
    const { ticket } = tickets.issue({ ...grant, desktop });
    assert.equal(tickets.redeem(ticket, own).desktop?.id, "dt1");
    assert.equal(tickets.redeem(ticket, { ...own, use: "sound" }).viewOnly, true);
    assert.throws(() => tickets.redeem(ticket, own), refused);
    const other = tickets.issue({ ...grant, desktop }).ticket;
    assert.throws(() => tickets.redeem(other, { ...own, use: "console" }), refused);
    assert.throws(() => tickets.redeem(other, own), refused);
  });

  it("takes the place of the oldest where one holder has many, and of nobody else's", () => {
    const tickets = new Tickets(clock);
    const other = tickets.issue({ ...grant, holder: "user:u2" }).ticket;
    const [first, second, ...rest] = Array.from({ length: 65 }, () => tickets.issue(grant).ticket);
    assert.throws(() => tickets.redeem(first!, own), refused);
    for (const ticket of [second!, ...rest, other]) assert.equal(tickets.redeem(ticket, unsaid).guest, "g1");
  });
});
