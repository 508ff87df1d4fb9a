/**
 * Does a NAT network give guests what it promises, and keep from them what it should?
 *
 *     guests (namespaces) ── bridge ── this process's namespace, "the host" ── outside (a namespace)
 *     10.64.9.0/24           ldgaaaa0    198.51.100.1              198.51.100.2
 */
import { inOwnNamespace } from "./own-namespace.ts";
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { exec } from "#base/exec";
import { hasCode } from "#contract/errors";
import { networkCapabilities } from "#hypervisor/net/capabilities";
import { forwardBlockers } from "#hypervisor/net/blockers";
import { tapName } from "#hypervisor/net/names";
import { ensureNetwork, removeNetwork, setPublishes } from "#hypervisor/net/network";
import { knownAddresses } from "#hypervisor/net/neighbours";
import { listOurs } from "#hypervisor/net/ours";
import type { NetworkPlan, PublishedPort } from "#hypervisor/net/plan";
import { assertPortFree } from "#hypervisor/net/ports";
import { putReservation, removeReservation, syncReservations } from "#hypervisor/net/reservations";
import { eventually, Machine } from "./machine.ts";

const hostAddress = "198.51.100.1";
const outsideAddress = "198.51.100.2";
const bridge = "ldgaaaa0";
const web = { mac: "52:54:00:00:00:10", address: "10.64.9.10", names: ["web"] };
const db = { mac: "52:54:00:00:00:11", address: "10.64.9.11", names: ["db"] };

const published: PublishedPort[] = [
  { protocol: "tcp", hostPort: 8080, guestPort: 80, guestAddress: web.address },
  { protocol: "udp", hostPort: 5000, guestPort: 5001, guestAddress: web.address },
];

/** What whoever listens on a TCP port says to the host; undefined when it can't be reached within 2 s. */
function get(address: string, port: number): Promise<string | undefined> {
  const socket = connect({ host: address, port, timeout: 2000 });
  socket.on("timeout", () => socket.destroy(new Error("timeout")));
  return text(socket).then(
    (said) => (said === "" ? undefined : said),
    () => undefined,
  );
}

/** What a datagram to the address is answered by. */
function ask(address: string, port: number): Promise<string | undefined> {
  const socket = createSocket("udp4");
  return new Promise<string | undefined>((resolve) => {
    setTimeout(() => resolve(undefined), 1000).unref();
    socket.on("message", (message) => resolve(message.toString()));
    socket.send(Buffer.from("?"), port, address);
  }).finally(() => socket.close());
}

/** All of the host's network that Lodge could leave something in. */
async function hostState(): Promise<unknown> {
  const { stdout: rules } = await exec("nft", ["list", "ruleset"]);
  const devices = JSON.parse((await exec("ip", ["-json", "address"])).stdout) as { ifname: string }[];
  const forwarding = await readFile("/proc/sys/net/ipv4/ip_forward", "utf8");
  return { rules, devices: devices.map(({ ifname }) => ifname), forwarding };
}

describe("a NAT network", { skip: !inOwnNamespace && "needs root", timeout: 120_000 }, () => {
  let scratch: string;
  let plan: NetworkPlan & { readonly subnet: string };
  let outside: Machine;
  let guest: Machine;
  let other: Machine;
  let untouched: unknown;

  before(async () => {
    scratch = await mkdtemp("/tmp/lodge-test-nat-");
    await exec("chmod", ["755", scratch]);
    outside = await Machine.start({ port: "uplink" });
    await outside.run("ip", "address", "add", `${outsideAddress}/24`, "dev", "eth0");
    await outside.run("ip", "address", "add", "169.254.169.254/32", "dev", "eth0");
    await outside.run("ip", "route", "add", "10.64.0.0/10", "via", hostAddress);
    await exec("ip", ["address", "add", `${hostAddress}/24`, "dev", "uplink"]);
    await exec("ip", ["route", "add", "default", "via", outsideAddress]);
    await outside.answer("outside", 80);
    const upstream = ["--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--pid-file="];
    outside.background("dnsmasq", "--keep-in-foreground", ...upstream, "--address=/example.org/192.0.2.80");
    untouched = await hostState();

    plan = {
      tag: "aaaa",
      index: 0,
      name: "default",
      kind: "nat",
      subnet: "10.64.9.0/24",
      mtu: 1400,
      domain: "lodge.internal",
      dnsServers: [outsideAddress],
      publishes: published,
      directory: join(scratch, "net0"),
    };
    await ensureNetwork(plan);
    await syncReservations(plan, [web, db]);
    guest = await Machine.start({ port: tapName("aaaa", "web", "nic0"), mac: web.mac, bridge, mtu: 1400 });
    other = await Machine.start({ port: tapName("aaaa", "db", "nic0"), mac: db.mac, bridge, mtu: 1400 });
  });

  after(async () => {
    await guest?.stop();
    await other?.stop();
    await removeNetwork(plan);
    await outside?.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  test("can be had here, and finding that out leaves nothing", async () => {
    const state = await hostState();
    const { nat, ...parts } = await networkCapabilities("aaaa");
    assert.ok(nat, JSON.stringify(parts));
    assert.deepEqual(await hostState(), state);
  });

  test("leases each guest the address reserved for it, and tells it all it needs", async () => {
    assert.deepEqual(await guest.dhcp({ claim: "db" }), {
      ip: web.address,
      mask: "24",
      router: "10.64.9.1",
      dns: "10.64.9.1",
      mtu: "1400",
      domain: "lodge.internal",
    });
    assert.equal((await other.dhcp())?.ip, db.address);
    await guest.answer("web", 80, 5001);
    await other.answer("db", 80);
  });

  test("leases nothing to a MAC it does not know", async () => {
    const stranger = await Machine.start({ port: "stranger", mac: "52:54:00:00:00:99", bridge });
    assert.equal(await stranger.dhcp(), undefined);
    await stranger.stop();
  });

  test("answers for guests' names, short and long, and not for those that clients claim", async () => {
    assert.deepEqual(await other.lookup("web.lodge.internal", "10.64.9.1"), [web.address]);
    assert.deepEqual(await other.lookup("web", "10.64.9.1"), [web.address]);
    assert.deepEqual(await other.lookup("db.lodge.internal", "10.64.9.1"), [db.address]);
    assert.deepEqual(await other.lookup("nobody.lodge.internal", "10.64.9.1"), []);
  });

  test("asks the upstream server for other names", async () => {
    assert.deepEqual(await guest.lookup("www.example.org", "10.64.9.1"), ["192.0.2.80"]);
  });

  test("lets guests reach each other, and the host reach them", async () => {
    assert.equal(await other.get(web.address, 80), `web ${db.address}`);
    assert.equal(await get(web.address, 80), "web 10.64.9.1");
    assert.equal(await guest.pings(db.address), true);
  });

  test("lets guests reach the outside under the host's address", async () => {
    assert.equal(await guest.get(outsideAddress, 80), `outside ${hostAddress}`);
    assert.equal(await guest.pings(outsideAddress), true);
  });

  test("keeps guests from a cloud's metadata service", async () => {
    await exec("ip", ["route", "add", "169.254.169.254/32", "dev", "uplink"]);
    assert.equal(await get("169.254.169.254", 80), `outside ${hostAddress}`);
    assert.equal(await guest.get("169.254.169.254", 80), undefined);
  });

  test("keeps the outside from guests, published ports excepted", async () => {
    assert.equal(await outside.get(web.address, 80), undefined);
    assert.equal(await outside.pings(web.address), false);
    assert.equal(await outside.get(hostAddress, 8080), `web ${outsideAddress}`);
  });

  test("publishes a port on every address of the host, and to guests as well", async () => {
    assert.equal(await get("127.0.0.1", 8080), "web 10.64.9.1");
    assert.match((await get(hostAddress, 8080)) ?? "", /^web /);
    assert.match((await get("10.64.9.1", 8080)) ?? "", /^web /);
    assert.equal(await other.get(hostAddress, 8080), "web 10.64.9.1");
    assert.equal(await ask("127.0.0.1", 5000), "web 10.64.9.1");
    assert.match((await ask(hostAddress, 5000)) ?? "", /^web /);
  });

  test("lets a guest reach its own published port, where br_netfilter does not stand in the way", async () => {
    const setting = "/proc/sys/net/bridge/bridge-nf-call-iptables";
    if (existsSync(setting)) await writeFile(setting, "0");
    assert.equal(await guest.get(hostAddress, 8080), "web 10.64.9.1");
  });

  test("keeps guests from the host, but for ping, DNS and DHCP", async () => {
    const server = createServer((socket) => socket.end("host"));
    await new Promise<void>((resolve) => server.listen(9000, "0.0.0.0", resolve));
    try {
      assert.equal(await get("10.64.9.1", 9000), "host");
      assert.equal(await outside.get(hostAddress, 9000), "host");
      assert.equal(await guest.get("10.64.9.1", 9000), undefined);
      assert.equal(await guest.get(hostAddress, 9000), undefined);
      assert.equal(await guest.pings("10.64.9.1"), true);
    } finally {
      server.close();
    }
  });

  test("keeps guests from the host's loopback, although published ports answer there", async () => {
    const server = createServer((socket) => socket.end("secret"));
    await new Promise<void>((resolve) => server.listen(9001, "127.0.0.1", resolve));
    const stranger = await Machine.start({ port: "stranger", bridge });
    try {
      // As a hostile guest would: sends 127.0.0.1 over the wire.
      await stranger.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet");
      await stranger.run("ip", "address", "add", "10.64.9.66/24", "dev", "eth0");
      await stranger.run("ip", "address", "flush", "dev", "lo");
      await stranger.run("ip", "route", "add", "127.0.0.1/32", "via", "10.64.9.1");
      assert.match(await stranger.run("ip", "route", "get", "127.0.0.1"), /via 10\.64\.9\.1 dev eth0/);
      assert.equal(await stranger.get("127.0.0.1", 9001), undefined);
    } finally {
      await stranger.stop();
      server.close();
    }
  });

  test("replaces what is published, and knows which ports are taken", async () => {
    const taken = (error: unknown) => hasCode(error, "network.port_in_use") && error.params["port"] === 8080;
    await assert.rejects(assertPortFree({ protocol: "tcp", hostPort: 8080 }, true), taken);
    await assertPortFree({ protocol: "udp", hostPort: 8080 }, true);
    await setPublishes(plan, [{ ...published[0]!, hostPort: 8081, guestAddress: db.address }]);
    assert.equal(await get("127.0.0.1", 8080), undefined);
    assert.equal(await outside.get(hostAddress, 8081), `db ${outsideAddress}`);
    await assertPortFree({ protocol: "tcp", hostPort: 8080 }, true);
    await setPublishes(plan, published);
    assert.equal(await outside.get(hostAddress, 8080), `web ${outsideAddress}`);
  });

  test("knows the guests' addresses without asking them", async () => {
    const known = await knownAddresses(plan);
    assert.deepEqual(
      known.filter(({ mac }) => mac === web.mac),
      [{ mac: web.mac, address: web.address, seen: true }],
    );
  });

  test("changes nothing when it is ensured again", async () => {
    const state = await hostState();
    const { dnsmasq } = await ensureNetwork(plan);
    assert.equal((await ensureNetwork(plan)).dnsmasq, dnsmasq);
    assert.deepEqual(await hostState(), state);
    assert.deepEqual((await listOurs("aaaa")).dnsmasq, [dnsmasq]);
  });

  test("repairs what somebody broke", async () => {
    const { dnsmasq } = await ensureNetwork(plan);
    process.kill(dnsmasq!, "SIGKILL");
    await exec("nft", ["flush", "ruleset"]);
    await exec("ip", ["address", "flush", "dev", bridge]);
    await exec("ip", ["address", "add", "10.64.200.1/24", "dev", bridge]);
    await exec("ip", ["link", "set", "dev", bridge, "down"]);
    assert.notEqual((await ensureNetwork(plan)).dnsmasq, dnsmasq);
    assert.equal(await guest.get(outsideAddress, 80), `outside ${hostAddress}`);
    assert.deepEqual(await other.lookup("web", "10.64.9.1"), [web.address]);
    assert.equal((await other.dhcp())?.ip, db.address);
    const { stdout } = await exec("ip", ["-json", "-4", "address", "show", "dev", bridge]);
    assert.deepEqual(
      JSON.parse(stdout)[0].addr_info.map(({ local }: { local: string }) => local),
      ["10.64.9.1"],
    );
  });

  test("comes back whole when its bridge was deleted", async () => {
    await exec("ip", ["link", "del", bridge]);
    const gone = { mac: "52:54:00:00:00:77", address: "10.64.9.77", names: ["gone"] };
    await putReservation(plan, gone);
    await removeReservation(plan, gone.mac);
    await ensureNetwork(plan);
    await exec("ip", ["link", "set", "dev", tapName("aaaa", "web", "nic0"), "master", bridge]);
    await exec("ip", ["link", "set", "dev", tapName("aaaa", "db", "nic0"), "master", bridge]);
    assert.equal((await other.dhcp())?.ip, db.address);
    assert.deepEqual(await other.lookup("web", "10.64.9.1"), [web.address]);
    assert.equal(await get("127.0.0.1", 8080), "web 10.64.9.1");
  });

  test("restarts dnsmasq when its plan has changed, also when its pid file is lost", async () => {
    const { dnsmasq } = await ensureNetwork(plan);
    await rm(join(plan.directory, "dnsmasq.pid"));
    const changed = await ensureNetwork({ ...plan, domain: "other.internal" });
    assert.notEqual(changed.dnsmasq, dnsmasq);
    assert.deepEqual((await listOurs("aaaa")).dnsmasq, [changed.dnsmasq]);
    assert.deepEqual(await guest.lookup("db.other.internal", "10.64.9.1"), [db.address]);
    await ensureNetwork(plan);
  });

  test("frees a removed guest's name and address at once", async () => {
    await removeReservation(plan, db.mac);
    await eventually(async () => assert.deepEqual(await guest.lookup("db", "10.64.9.1"), []));
    const next = { mac: "52:54:00:00:00:12", address: db.address, names: ["next"] };
    await putReservation(plan, next);
    await other.stop();
    other = await Machine.start({ port: tapName("aaaa", "next", "nic0"), mac: next.mac, bridge, mtu: 1400 });
    assert.equal((await other.dhcp())?.ip, db.address);
    await eventually(async () => assert.deepEqual(await guest.lookup("next", "10.64.9.1"), [db.address]));
  });

  test("renames a guest and moves it to another address", async () => {
    await putReservation(plan, { mac: web.mac, address: "10.64.9.20", names: ["site"] });
    await eventually(async () => assert.deepEqual(await other.lookup("web", "10.64.9.1"), []));
    assert.deepEqual(await other.lookup("site", "10.64.9.1"), ["10.64.9.20"]);
    await guest.run("ip", "address", "flush", "dev", "eth0");
    assert.equal((await guest.dhcp())?.ip, "10.64.9.20");
    await putReservation(plan, web);
    await guest.run("ip", "address", "flush", "dev", "eth0");
    assert.equal((await guest.dhcp())?.ip, web.address);
  });

  test("stands beside another Lodge's, and neither reaches into the other", async () => {
    const second = {
      ...plan,
      tag: "aaaab",
      subnet: "10.64.10.0/24",
      publishes: [],
      directory: join(scratch, "second"),
    };
    await ensureNetwork(second);
    const own = { mac: "52:54:00:00:00:20", address: "10.64.10.20", names: ["web"] };
    await putReservation(second, own);
    const port = { port: tapName("aaaab", "web", "nic0"), bridge: "ldgaaaab0" };
    const stranger = await Machine.start({ ...port, mac: own.mac, mtu: 1400 });
    try {
      assert.equal((await stranger.dhcp())?.ip, own.address);
      await stranger.answer("stranger", 80);
      assert.deepEqual(await stranger.lookup("web", "10.64.10.1"), [own.address]);
      assert.equal(await stranger.get(outsideAddress, 80), `outside ${hostAddress}`);
      assert.equal(await stranger.get(web.address, 80), undefined);
      assert.equal(await guest.get(own.address, 80), undefined);
      assert.match((await stranger.get(hostAddress, 8080)) ?? "", /^web /);
      assert.deepEqual((await listOurs("aaaa")).bridges, [bridge]);
      assert.deepEqual((await listOurs("aaaab")).tables, ["lodge_aaaab_0"]);
    } finally {
      await stranger.stop();
      await removeNetwork(second);
    }
    assert.deepEqual(await listOurs("aaaab"), { bridges: [], vlans: [], taps: [], tables: [], dnsmasq: [] });
    assert.equal(await guest.get(outsideAddress, 80), `outside ${hostAddress}`);
  });

  test("refuses a subnet that the host has elsewhere", async () => {
    const second = { ...plan, tag: "clash", subnet: "198.51.100.0/24", directory: join(scratch, "clash") };
    await assert.rejects(ensureNetwork(second), (error) => hasCode(error, "network.subnet_in_use"));
    await removeNetwork(second);
  });

  test("finds the firewall that keeps its guests in, and names a way out that works", async () => {
    assert.deepEqual(await forwardBlockers(bridge), []);
    const firewall = "chain fw { type filter hook forward priority 10; policy drop; }";
    await exec("nft", ["-f", "-"], { input: `table inet strict {\n${firewall}\n}` });
    assert.equal(await guest.get(outsideAddress, 80), undefined);
    const [blocker, ...rest] = await forwardBlockers(bridge);
    assert.deepEqual(rest, []);
    assert.equal(blocker?.where, "inet strict fw");
    for (const command of blocker!.fix.split("; ")) await exec("nft", command.split(" ").slice(1));
    assert.deepEqual(await forwardBlockers(bridge), []);
    assert.equal(await guest.get(outsideAddress, 80), `outside ${hostAddress}`);
    await exec("nft", ["delete", "table", "inet", "strict"]);
  });

  test("leaves nothing when it is removed, and may be removed twice", async () => {
    await guest.stop();
    await other.stop();
    await removeNetwork(plan);
    await removeNetwork(plan);
    assert.deepEqual(await listOurs("aaaa"), { bridges: [], vlans: [], taps: [], tables: [], dnsmasq: [] });
    await eventually(async () => assert.deepEqual(await hostState(), untouched));
    await assert.rejects(readFile(join(plan.directory, "leases")), { code: "ENOENT" });
  });

  test("leaves the host's forwarding on when somebody else has come to route", async () => {
    await ensureNetwork(plan);
    const chain = "chain nat { type nat hook postrouting priority 100; }";
    await exec("nft", ["-f", "-"], { input: `table ip containers {\n${chain}\n}` });
    await removeNetwork(plan);
    assert.equal(await readFile("/proc/sys/net/ipv4/ip_forward", "utf8"), "1\n");
  });
});
