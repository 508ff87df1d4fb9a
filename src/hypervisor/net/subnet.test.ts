import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  addressAt,
  contains,
  gatewayOf,
  isSubnet,
  netmaskOf,
  numberOf,
  overlaps,
  pickSubnet,
  sizeOf,
} from "./subnet.ts";

describe("subnets", () => {
  it("know their addresses", () => {
    assert.equal(gatewayOf("10.64.5.0/24"), "10.64.5.1");
    assert.equal(addressAt("10.64.5.0/24", 254), "10.64.5.254");
    assert.equal(addressAt("10.64.255.0/24", 256), "10.65.0.0");
    assert.equal(netmaskOf("10.64.5.0/24"), "255.255.255.0");
    assert.equal(netmaskOf("172.16.0.0/12"), "255.240.0.0");
  });

  it("overlap when one holds the other, whatever the host part says", () => {
    assert.ok(overlaps("10.64.5.1/24", "10.64.5.77"));
    assert.ok(overlaps("10.0.0.0/8", "10.64.5.0/24"));
    assert.ok(overlaps("224.0.0.0/4", "239.1.1.1"));
    assert.ok(!overlaps("10.64.4.0/24", "10.64.5.0/24"));
    assert.ok(contains("10.64.5.0/24", "10.64.5.255") && !contains("10.64.5.0/24", "10.64.6.0"));
  });
});

describe("the choice of a subnet", () => {
  it("is a /24 of 10.64.0.0/10, always the same for a seed", () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const subnet = pickSubnet(seed, []) ?? "";
        assert.match(subnet, /^10\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.0\/24$/);
        assert.equal(pickSubnet(seed, []), subnet);
      }),
    );
  });

  it("overlaps nothing that is taken", () => {
    const cidrs = fc.tuple(fc.ipV4(), fc.integer({ min: 9, max: 32 })).map(([a, n]) => `${a}/${n}`);
    fc.assert(
      fc.property(fc.string(), fc.array(cidrs, { maxLength: 30 }), (seed, others) => {
        const taken = [pickSubnet(seed, []) ?? "", ...others];
        const subnet = pickSubnet(seed, taken);
        assert.ok(subnet === undefined || !taken.some((cidr) => overlaps(cidr, subnet)));
      }),
    );
  });

  it("turns to other private ranges where all of 10.0.0.0/8 is routed elsewhere, and gives up at last", () => {
    assert.match(pickSubnet("seed", ["10.0.0.0/8"]) ?? "", /^172\.(1[6-9]|2\d|3[01])\.\d+\.0\/24$/);
    assert.match(pickSubnet("seed", ["10.0.0.0/8", "172.16.0.0/12"]) ?? "", /^192\.168\.\d+\.0\/24$/);
    assert.equal(pickSubnet("seed", ["0.0.0.0/0"]), undefined);
  });

  it("finds the only one that is left", () => {
    const all = Array.from({ length: 256 }, (_, i) => `192.168.${i}.0/24`);
    const taken = ["10.0.0.0/8", "172.16.0.0/12", ...all.toSpliced(77, 1)];
    assert.equal(pickSubnet("seed", taken), "192.168.77.0/24");
  });
});

describe("a subnet that a user names", () => {
  it("has nothing after the network's own part", () => {
    for (const cidr of ["10.0.0.0/8", "10.9.8.0/24", "192.168.1.64/26"]) assert.ok(isSubnet(cidr), cidr);
    for (const cidr of ["10.0.0.1/8", "10.9.8.0/33", "10.9.8/24", "10.9.8.0", "300.1.1.0/24", "fd00::/64"])
      assert.ok(!isSubnet(cidr), cidr);
  });

  it("numbers its addresses", () => {
    assert.equal(sizeOf("10.9.8.0/24"), 256);
    assert.equal(numberOf("10.9.0.0/16", "10.9.1.4"), 260);
  });
});
