import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dnsmasqArgs, servedBridge } from "./dnsmasq.ts";

const plan = {
  tag: "abcd",
  index: 0,
  kind: "nat" as const,
  subnet: "10.64.5.0/24",
  mtu: 1400,
  domain: "lodge.internal",
  directory: "/run/x/net0",
};

describe("dnsmasq's arguments", () => {
  it("bind it to the bridge alone, with nothing of the host's own configuration", () => {
    const args = dnsmasqArgs(plan, "dnsmasq");
    for (const arg of [
      "--conf-file=/dev/null",
      "--no-hosts",
      "--interface=ldgabcd0",
      "--except-interface=lo",
      "--bind-dynamic",
      "--user=dnsmasq",
    ]) {
      assert.ok(args.includes(arg), arg);
    }
  });

  it("lease to known MACs only, and believe no client's name or id", () => {
    const args = dnsmasqArgs(plan, "dnsmasq");
    assert.ok(args.includes("--dhcp-range=10.64.5.0,static,255.255.255.0,12h"));
    assert.equal(args.filter((arg) => arg.startsWith("--dhcp-range")).length, 1);
    assert.ok(args.includes("--dhcp-ignore-names") && args.includes("--dhcp-ignore-clid"));
  });

  it("ask the host's resolvers, or exactly those given", () => {
    assert.ok(dnsmasqArgs(plan, "x").includes("--resolv-file=/etc/resolv.conf"));
    const given = dnsmasqArgs({ ...plan, dnsServers: ["192.0.2.1", "192.0.2.2"] }, "x");
    assert.deepEqual(
      given.filter((arg) => /resolv|^--server/.test(arg)),
      ["--no-resolv", "--server=192.0.2.1", "--server=192.0.2.2"],
    );
  });

  it("lease IPv6 as they lease IPv4, and advertise a way out where there is one", () => {
    const six = { ...plan, subnet6: "fd12:456:789a:1::/64" };
    const args = dnsmasqArgs({ ...six, forwards6: true }, "x");
    assert.ok(args.includes("--dhcp-range=fd12:456:789a:1::0,static,64,600"));
    assert.ok(args.includes("--enable-ra"));
    assert.ok(args.includes("--ra-param=ldgabcd0,mtu:1400,60,1800"));
    assert.ok(dnsmasqArgs(six, "x").includes("--ra-param=ldgabcd0,mtu:1400,60,0"));
    assert.ok(!dnsmasqArgs(plan, "x").includes("--enable-ra"));
  });

  it("tell of no way out of an isolated network, and look nothing up outside", () => {
    const args = dnsmasqArgs({ ...plan, kind: "isolated" }, "x");
    assert.ok(args.includes("--dhcp-option=option:router"));
    assert.deepEqual(
      args.filter((arg) => /resolv|^--server/.test(arg)),
      ["--no-resolv"],
    );
  });

  it("tell of static routes together with the usual one, which clients forget otherwise", () => {
    const routes = [{ to: "10.9.0.0/16", via: "10.64.5.7" }];
    const option = (args: string[]) => args.find((arg) => arg.includes("classless"));
    assert.equal(
      option(dnsmasqArgs({ ...plan, routes }, "x")),
      "--dhcp-option=option:classless-static-route,10.9.0.0/16,10.64.5.7,0.0.0.0/0,10.64.5.1",
    );
    assert.equal(
      option(dnsmasqArgs({ ...plan, kind: "bridge", routes }, "x")),
      "--dhcp-option=option:classless-static-route,10.9.0.0/16,10.64.5.7",
    );
  });

  it("are recognised again in a command line, and nobody else's are", () => {
    assert.equal(servedBridge(["/usr/sbin/dnsmasq", ...dnsmasqArgs(plan, "x")]), "ldgabcd0");
    assert.equal(servedBridge(["dnsmasq", "--conf-file=/etc/dnsmasq.conf"]), undefined);
    assert.equal(servedBridge(["grep", "--interface=ldgabcd0"]), undefined);
    assert.equal(servedBridge([]), undefined);
  });
});
