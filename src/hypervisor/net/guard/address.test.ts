import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isV6, linkLocalOf, v6Number, written } from "./address.ts";

/** As the platform writes it. */
function platforms(address: string): string {
  const url = new URL("http://localhost");
  url.hostname = `[${address}]`;
  return url.hostname.slice(1, -1);
}

describe("an IPv6 address", () => {
  it("is written in one way, as the kernel and everybody else writes it", () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.boolean(), (groups, full) => {
        const text = groups.map((one) => one.toString(16).padStart(full ? 4 : 1, "0")).join(":");
        assert.equal(written(text), platforms(text));
        assert.equal(written(written(text)), platforms(text));
      }),
    );
    for (const text of ["fe80::0:ff:fe00:1", "::", "::1", "1::", "FD00:1::A"])
      assert.equal(written(text), platforms(text));
    assert.equal(written("192.0.2.1"), "192.0.2.1");
  });

  it("of the link is made of the MAC, whose local bit is turned", () => {
    assert.equal(linkLocalOf("52:54:00:12:34:56"), "fe80::5054:ff:fe12:3456");
    assert.equal(linkLocalOf("02:00:00:00:00:01"), "fe80::0:ff:fe00:1");
  });

  it("is sixteen bytes, however it is written", () => {
    assert.equal(v6Number("fe80::1"), "0xfe800000000000000000000000000001");
    assert.equal(v6Number("::"), `0x${"0".repeat(32)}`);
    assert.equal(v6Number("1:2:3:4:5:6:7:8"), "0x00010002000300040005000600070008");
  });

  it("is told from one of IPv4, with a prefix too", () => {
    assert.ok(isV6("fd00::/8"));
    assert.ok(!isV6("10.0.0.0/8"));
  });
});
