import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { Watcher, Watchers, type WatcherTerms } from "./watchers.ts";

let now = 0;
const clock = { now: () => now, monotonic: () => now, sleep: async () => undefined };
const shadow = { id: "dt1", shadow: true, power: false, uses: ["display"] as const };
const someone = (terms: Partial<WatcherTerms> = {}, end: (why: LodgeError) => void = () => undefined) =>
  new Watcher({ holder: "user:u1", user: "anna", viewOnly: false, ...terms }, clock, end);

describe("who watches a guest", () => {
  it("is known from when he comes until he goes, and others are told of both", () => {
    const watchers = new Watchers();
    const told: string[] = [];
    const deaf = watchers.onChange((guest, { user }, came) => void told.push(`${guest} ${user} ${came}`));
    const go = watchers.add("g1", someone({ address: "10.0.0.7" }));
    assert.deepEqual(
      watchers
        .of("g1")
        .map(({ user, address, shadow: looksOn, control }) => [user, address, looksOn, control]),
      [["anna", "10.0.0.7", false, true]],
    );
    assert.deepEqual(watchers.of("g2"), []);
    go();
    assert.deepEqual(watchers.of("g1"), []);
    deaf();
    watchers.add("g1", someone())();
    assert.deepEqual(told, ["g1 anna true", "g1 anna false"]);
  });

  it("acts as its user does, and not as somebody who helps him", () => {
    const watchers = new Watchers();
    const [own, other, helper] = [someone(), someone(), someone({ user: "ops", desktop: shadow })];
    for (const each of [own, other, helper]) watchers.add("g1", each);
    assert.equal(watchers.lastInput("g1"), undefined);
    now = 5_000;
    own.acted();
    now = 4_000;
    other.acted();
    now = 9_000;
    helper.acted();
    assert.equal(watchers.lastInput("g1"), 5_000);
  });

  it("is disconnected where that is meant of him, and told why", () => {
    const watchers = new Watchers();
    const ended: string[] = [];
    const end = (name: string) => (why: LodgeError) => void ended.push(`${name} ${why.code}`);
    watchers.add("g1", someone({}, end("own")));
    watchers.add("g1", someone({ desktop: shadow }, end("helper")));
    watchers.end("g1", (who) => who.shadow, new LodgeError("console.ticket_refused"));
    assert.deepEqual(ended, ["helper console.ticket_refused"]);
  });

  it("has frames and a round trip as seen from here, or as his page says of itself", () => {
    const watchers = new Watchers();
    const one = someone();
    watchers.add("g1", one);
    const measured = () => {
      const { roundTrip, framesPerSecond } = watchers.of("g1")[0]!;
      return [roundTrip, framesPerSecond];
    };
    assert.deepEqual(measured(), [undefined, undefined]);
    for (let frame = 0; frame < 60; frame++) {
      now += 40;
      one.drew(12.34);
    }
    assert.deepEqual(measured(), [12.3, 25]);
    now += 10_000;
    assert.deepEqual(measured(), [12.3, 0]);
    watchers.tell("g1", "user:u2", { roundTrip: 1, framesPerSecond: 1 });
    watchers.tell("g1", "user:u1", { roundTrip: 80, framesPerSecond: 30 });
    assert.deepEqual(measured(), [80, 30]);
    now += 30_000;
    assert.deepEqual(measured(), [12.3, 0]);
    watchers.add("g1", someone());
    watchers.tell("g1", "user:u1", { roundTrip: 80, framesPerSecond: 30 });
    assert.deepEqual(measured(), [12.3, 0], "it is not said which of the two");
  });
});
