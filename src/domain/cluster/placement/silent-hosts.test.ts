import assert from "node:assert/strict";
import { it } from "node:test";
import { ManualClock } from "#durable/store/manual-clock";
import { SilentHosts } from "./silent-hosts.ts";

it("a host that did not answer is not asked for some seconds, and then again", () => {
  const clock = new ManualClock();
  const silent = new SilentHosts(clock);
  const refused = new Map([["h3", "is full"]]);
  assert.equal(silent.and(refused), refused);
  silent.note("h2");
  assert.deepEqual(Object.fromEntries(silent.and(refused)), { h2: "it did not answer", h3: "is full" });
  clock.advance(8_000);
  assert.equal(silent.and(refused), refused);
});
