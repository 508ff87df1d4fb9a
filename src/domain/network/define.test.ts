import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { requireSense } from "./define.ts";

type Asked = Parameters<typeof requireSense>[0];

describe("what is asked of a new network", () => {
  it("is taken where its kind has it", () => {
    const good: Omit<Asked, "name">[] = [
      {},
      { kind: "isolated", mtu: 9000, dns: ["192.0.2.53", "2001:db8::53"] },
      { kind: "routed", subnet: "192.0.2.0/26", subnet6: "2001:db8:1:2::/64" },
      { kind: "bridge", uplink: "eth1", vlan: 30 },
      { kind: "bridge", uplink: "br0", subnet: "10.9.0.0/16", gateway: "10.9.0.1", dhcp: false },
      { subnet: "10.9.8.0/24", routes: [{ to: "10.10.0.0/16", via: "10.9.8.7" }] },
      { kind: "user", description: "each alone" },
    ];
    for (const body of good) requireSense({ name: "one", ...body });
  });

  it("is refused with the field that its kind has not, or that says nothing", () => {
    const bad: [Omit<Asked, "name">, string][] = [
      [{ uplink: "eth1" }, "uplink"],
      [{ kind: "routed", vlan: 30 }, "vlan"],
      [{ kind: "bridge" }, "uplink"],
      [{ kind: "bridge", uplink: "eth1", gateway: "10.9.0.1" }, "gateway"],
      [{ kind: "bridge", uplink: "eth1", subnet: "10.9.0.0/24", gateway: "10.9.1.1" }, "gateway"],
      [{ kind: "user", subnet: "10.9.0.0/24" }, "subnet"],
      [{ subnet: "10.9.0.1/24" }, "subnet"],
      [{ subnet: "10.0.0.0/8" }, "subnet"],
      [{ subnet: "10.9.0.0/30" }, "subnet"],
      [{ subnet6: "fd00::/48" }, "subnet6"],
      [{ subnet6: "fd00:1:2:3::/64", ipv6: false }, "ipv6"],
      [{ dns: ["::x"] }, "dns"],
      [{ routes: [{ to: "10.9.0.1/24", via: "10.1.1.1" }] }, "routes"],
    ];
    for (const [body, field] of bad)
      assert.throws(
        () => requireSense({ name: "one", ...body }),
        (error: { params?: { field?: string } }) => error.params?.field === field,
        JSON.stringify(body),
      );
  });
});
