import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { flowsIn } from "./conntrack.ts";

const ends = {
  addresses: ["10.64.0.5", "fd00:1::5"],
  gateways: ["10.64.0.1", "fd00:1::1"],
  subnets: ["10.64.0.0/24", "fd00:1::/64"],
};
const of = (...lines: string[]) => flowsIn(lines.join("\n"), ends);

describe("a guest's flows through a host", () => {
  it("are those that it began, as it sees them", () => {
    const flows = of(
      "ipv4     2 tcp      6 431999 ESTABLISHED src=10.64.0.5 dst=192.0.2.3 sport=43434 dport=80 src=192.0.2.3 dst=198.51.100.1 sport=80 dport=51000 [ASSURED] mark=0 zone=0 use=2",
    );
    assert.deepEqual(flows, [
      {
        protocol: "tcp",
        seconds: 431_999,
        guest: "10.64.0.5",
        guestPort: 43_434,
        remote: "192.0.2.3",
        remotePort: 80,
      },
    ]);
  });

  it("are those that came by a published port, with the guest's port", () => {
    const [flow] = of(
      "ipv4     2 tcp      6 300 ESTABLISHED src=192.0.2.3 dst=198.51.100.1 sport=5555 dport=8080 src=10.64.0.5 dst=192.0.2.3 sport=80 dport=5555 [ASSURED] use=1",
    );
    assert.equal(flow?.guestPort, 80);
    assert.equal(flow?.remote, "192.0.2.3");
    assert.equal(flow?.remotePort, 5555);
  });

  it("are those of IPv6, which the kernel writes out, and of UDP, which has no state", () => {
    const [flow] = of(
      "ipv6     10 udp      17 29 src=fd00:0001:0000:0000:0000:0000:0000:0005 dst=2001:0db8:0000:0000:0000:0000:0000:0001 sport=1000 dport=123 src=2001:0db8:0000:0000:0000:0000:0000:0001 dst=2001:0db8:0000:0000:0000:0000:0000:0009 sport=123 dport=1000 use=1",
    );
    assert.deepEqual([flow?.guest, flow?.remote, flow?.seconds], ["fd00:1::5", "2001:db8::1", 29]);
  });

  it("are what the host itself began with it", () => {
    const flows = of(
      "ipv4     2 tcp      6 431999 ESTABLISHED src=10.64.0.1 dst=10.64.0.5 sport=40000 dport=22 src=10.64.0.5 dst=10.64.0.1 sport=22 dport=40000 [ASSURED] use=1",
    );
    assert.equal(flows.length, 1);
  });

  it("are neither those that ended, nor others', nor questions to the gateway, nor neighbours'", () => {
    const flows = of(
      "ipv4     2 tcp      6 100 TIME_WAIT src=10.64.0.5 dst=192.0.2.3 sport=1 dport=80 src=192.0.2.3 dst=198.51.100.1 sport=80 dport=1 use=1",
      "ipv4     2 tcp      6 100 ESTABLISHED src=10.64.0.6 dst=192.0.2.3 sport=1 dport=80 src=192.0.2.3 dst=198.51.100.1 sport=80 dport=1 use=1",
      "ipv4     2 udp      17 10 src=10.64.0.5 dst=10.64.0.1 sport=1 dport=53 src=10.64.0.1 dst=10.64.0.5 sport=53 dport=1 use=1",
      "ipv4     2 tcp      6 100 ESTABLISHED src=10.64.0.5 dst=10.64.0.9 sport=1 dport=80 src=10.64.0.9 dst=10.64.0.5 sport=80 dport=1 use=1",
      "ipv4     2 icmp     1 29 src=10.64.0.5 dst=192.0.2.3 type=8 code=0 id=7 src=192.0.2.3 dst=198.51.100.1 type=0 code=0 id=7 use=1",
      "",
    );
    assert.deepEqual(flows, []);
  });
});
