import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNic, toWish } from "./wish.ts";

test("a network card is asked for by its network's name, or more of it", () => {
  assert.equal(toWish(parseNic("default")), "default");
  assert.deepEqual(toWish(parseNic("backend,ip=10.77.3.9,mac=52:54:00:AA:00:01,mtu=9000,vlan=30")), {
    network: "backend",
    address: "10.77.3.9",
    mac: "52:54:00:aa:00:01",
    mtu: 9000,
    vlan: 30,
  });
});

test("what is not known of one is refused", () => {
  for (const given of ["", "ip=10.0.0.1", "backend,colour=red", "backend,mtu=12", "backend,vlan=x"])
    assert.throws(() => parseNic(given), RangeError, given);
});
