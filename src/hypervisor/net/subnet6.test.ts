import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addressAt6, gatewayOf6, overlaps6, parseSubnet6, randomSubnet6 } from "./subnet6.ts";

describe("an IPv6 subnet", () => {
  it("is written in one way, and is a /64 with nothing after it", () => {
    assert.equal(parseSubnet6("FD12:0456:789A:1::/64"), "fd12:456:789a:1::/64");
    assert.equal(parseSubnet6("2001:db8::/64"), "2001:db8::/64");
    assert.equal(parseSubnet6("2001:db8:0:0:0:0:0:0/64"), "2001:db8::/64");
    for (const text of ["fd00::/48", "fd00::1/64", "10.0.0.0/64", "fd00::", "fe80::%eth0/64", "", "::x/64"])
      assert.equal(parseSubnet6(text), undefined, text);
  });

  it("numbers its addresses", () => {
    assert.equal(gatewayOf6("fd12:456:789a:1::/64"), "fd12:456:789a:1::1");
    assert.equal(addressAt6("2001:db8::/64", 80), "2001:db8::50");
  });

  it("is made up as a unique local one", () => {
    const made = randomSubnet6();
    assert.match(made, /^fd/);
    assert.equal(parseSubnet6(made), made);
    assert.notEqual(randomSubnet6(), made);
  });

  it("overlaps what lies in it or around it", () => {
    const subnet = "fd12:456:789a:1::/64";
    for (const other of ["fd12:456:789a:1::7", "fd12:456:789a::/48", "fd12:456:789a:1::/80"])
      assert.ok(overlaps6(subnet, other), other);
    for (const other of ["fd12:456:789a:2::7", "fe80::/64", "::/0", "default", "10.0.0.0/8"])
      assert.ok(!overlaps6(subnet, other), other);
  });
});
