import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "#contract/errors";
import { ManualClock } from "#durable/store/manual-clock";
import { addressGroup, Attempts } from "./attempts.ts";

const limit = { free: 2, first: 1000, longest: 4000, forget: 60_000 };

test("the waits double up to the longest, and all is forgotten in time", () => {
  const clock = new ManualClock();
  const attempts = new Attempts(clock, limit);
  const waitAfter = () => {
    attempts.begin("a");
    try {
      attempts.require("a");
      return 0;
    } catch (error) {
      assert.ok(hasCode(error, "access.too_many_attempts"));
      clock.advance(Number(error.params["seconds"]) * 1000);
      return error.params["seconds"];
    }
  };
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(waitAfter), [0, 1, 2, 4, 4, 4]);
  clock.advance(60_000);
  assert.equal(waitAfter(), 0);
});

test("others are not held up, and a success forgets", () => {
  const attempts = new Attempts(new ManualClock(), limit);
  for (let at = 0; at < 4; at++) attempts.begin("a");
  attempts.require("b");
  attempts.succeed("a");
  attempts.require("a");
});

test("it keeps no more than it has room for", () => {
  const attempts = new Attempts(new ManualClock(), limit);
  for (let at = 0; at < 3; at++) attempts.begin("first");
  for (let at = 0; at < 10_000; at++) attempts.begin(`x${at}`);
  attempts.require("first");
});

test("an IPv6 network is one address, and a mapped IPv4 address its own", () => {
  assert.equal(addressGroup("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2");
  assert.equal(addressGroup("2001:db8::6"), "2001:db8:0:0");
  assert.equal(addressGroup("::1"), "0:0:0:0");
  assert.equal(addressGroup("::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(addressGroup("192.0.2.1"), "192.0.2.1");
});
