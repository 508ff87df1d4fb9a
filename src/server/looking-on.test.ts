import assert from "node:assert/strict";
import { test } from "node:test";
import type { Route } from "#contract/route";
import { routes, type RouteName } from "#contract/routes";
import { looksOn } from "./looking-on.ts";

test("who is only remembered reads, has consoles, stops and pauses, and nothing else", () => {
  const names = Object.keys(routes) as RouteName[];
  const changes = names.filter((name) => routes[name].method !== "GET" && looksOn(name));
  assert.deepEqual(changes.toSorted(), ["guestDisplayTicket", "guestPause", "guestStop"]);
  const streams = names.filter((name) => (routes[name] as Route).stream && looksOn(name));
  assert.deepEqual(streams.toSorted(), ["eventStream", "guestConsole", "guestDisplay", "guestSound"]);
  assert.ok(looksOn("guestList") && looksOn(undefined));
});
