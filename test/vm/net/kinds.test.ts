/**
 * Does a network of each kind lead where it says and nowhere else, in both families, and is nothing of it left?
 *
 *     guests (namespaces) ── networks ── this process's namespace, "the host" ── outside (a namespace)
 *                                        198.51.100.1, 2001:db8:5::1             198.51.100.2, 2001:db8:5::2
 */
import { inOwnNamespace } from "./own-namespace.ts";
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { exec } from "#base/exec";
import { systemClock } from "#base/clock";
import { hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { MemoryStore } from "#durable/store/memory";
import { NetworkMaker } from "#domain/network/define";
import type { Member, RecordedNic } from "#domain/network/member";
import { Networks } from "#domain/network/networks";
import { idOf } from "#domain/network/record";
import { listOurs } from "#hypervisor/net/ours";
import { eventually, Machine } from "./machine.ts";

const tag = "cccc";
const four = { host: "198.51.100.1", outside: "198.51.100.2" };
const six = { host: "2001:db8:5::1", outside: "2001:db8:5::2" };

interface Guest extends Member {
  readonly machine: Machine;
  readonly nic: RecordedNic;
}

/** All of the host's network that Lodge could leave something in. */
async function hostState(): Promise<unknown> {
  const { stdout: rules } = await exec("nft", ["list", "ruleset"]);
  const devices = JSON.parse((await exec("ip", ["-json", "address"])).stdout) as {
    ifname: string;
    flags: string[];
    master?: string;
  }[];
  const settings = ["ipv4/ip_forward", "ipv6/conf/all/forwarding", "ipv6/conf/uplink/accept_ra"];
  const values = await Promise.all(settings.map((each) => readFile(`/proc/sys/net/${each}`, "utf8")));
  return {
    // In whatever order they were made, and without what the guard notes of packets.
    rules: rules
      .replaceAll(/\tset (?:groupcasts|heard[46]) \{[^}]*(\}[^}]*)?\n\t\}/g, "")
      .replaceAll(/ expires [^,\s]+/g, "")
      .split(/^(?=table )/m)
      .toSorted(),
    devices: devices.map(({ ifname, master, flags }) => [ifname, master, flags.includes("UP")]),
    values,
  };
}

/** Not every kernel can tag frames. */
const tags = await exec("sh", ["-c", "unshare --net ip link add link lo name t type vlan id 1"]).then(
  () => true,
  () => false,
);

describe("networks of every kind", { skip: !inOwnNamespace && "needs root", timeout: 180_000 }, () => {
  const store = new MemoryStore();
  const members: Member[] = [];
  const guests: Guest[] = [];
  let folder = "";
  let networks: Networks;
  let maker: NetworkMaker;
  let outside: Machine;
  let neighbour: Machine;
  let untouched: unknown;

  function make(): void {
    const all = async () => members;
    networks = new Networks({ store, tag, folder: join(folder, "networks"), members: all });
    maker = new NetworkMaker({
      store,
      tag,
      clock: systemClock,
      networks,
      members: all,
      events: { append: () => undefined },
    });
  }

  /** A guest as far as networks care; its machine is a namespace at the end of a cable instead of a tap. */
  async function guest(name: string, wish: string | Schemas["NicAdd"]): Promise<Guest> {
    const nic = await networks.newNic("nic0", wish, "default");
    const member = { id: name, name, project: "default", nics: [nic], publish: [], process: {} };
    await store.transact({ put: networks.claims(member, [nic]) });
    members.push(member);
    await networks.attach(member);
    await networks.detach(member);
    const port = networks.tapOf(name, "nic0");
    const record = await networks.byName(nic.network, "default");
    const bridge = networks.bridgeOf(record, nic) ?? "";
    const machine = await Machine.start({ port, mac: nic.mac, bridge });
    const made = { ...member, machine, nic };
    guests.push(made);
    return made;
  }

  async function dismiss({ id, machine }: Guest): Promise<void> {
    await machine.stop();
    const member = members.find((each) => each.id === id)!;
    members.splice(members.indexOf(member), 1);
    await networks.release(member);
    await store.transact({ delete: networks.claims(member, member.nics).map(({ key }) => key) });
    guests.splice(
      guests.findIndex((each) => each.id === id),
      1,
    );
  }

  before(async () => {
    folder = await mkdtemp("/tmp/lodge-test-kinds-");
    await exec("chmod", ["755", folder]);
    outside = await Machine.start({ port: "uplink" });
    await outside.run("ip", "address", "add", `${four.outside}/24`, "dev", "eth0");
    await outside.run("ip", "address", "add", `${six.outside}/64`, "nodad", "dev", "eth0");
    await exec("ip", ["address", "add", `${four.host}/24`, "dev", "uplink"]);
    await exec("ip", ["address", "add", `${six.host}/64`, "nodad", "dev", "uplink"]);
    await exec("ip", ["route", "add", "default", "via", four.outside]);
    await exec("ip", ["-6", "route", "add", "default", "via", six.outside]);
    await outside.answer("outside", 80);
    // A card of the host's that nothing uses, and who is at its other end.
    neighbour = await Machine.start({ port: "spare" });
    await exec("ip", ["link", "set", "dev", "spare", "down"]);
    untouched = await hostState();
    make();
    await networks.open();
  });

  after(async () => {
    for (const { machine } of guests) await machine.stop();
    await networks.removeAll();
    await outside?.stop();
    await neighbour?.stop();
    await rm(folder, { recursive: true, force: true });
    assert.deepEqual(await listOurs(tag), { bridges: [], vlans: [], taps: [], tables: [], dnsmasq: [] });
  });

  test("nat: both families lead out in the host's name, and names are known in both", async () => {
    const web = await guest("web", "default");
    assert.match(web.nic.address6 ?? "", /^fd/);
    assert.ok(await web.machine.dhcp());
    await web.machine.dhcp6();
    await web.machine.answer("web", 80);
    assert.deepEqual(await web.machine.addresses6(), [web.nic.address6]);
    assert.match((await web.machine.get(four.outside, 80)) ?? "", new RegExp(`outside.*${four.host}`));
    await eventually(async () =>
      assert.match((await web.machine.get(six.outside, 80)) ?? "", new RegExp(`outside.*${six.host}`)),
    );
    const db = await guest("db", "default");
    assert.ok(await db.machine.dhcp());
    await db.machine.dhcp6();
    const server = (await networks.settings(db, db.nic))!.gateway!;
    assert.deepEqual(await db.machine.lookup("web.lodge.internal", server, "aaaa"), [web.nic.address6]);
    const back = await db.machine.run("busybox", "nslookup", web.nic.address6!, server);
    assert.match(back, /name = web\.lodge\.internal/);
    assert.match((await db.machine.get(web.nic.address6!, 80)) ?? "", /web/);
  });

  test("nat: a published port leads in by both families", async () => {
    const web = members.find(({ id }) => id === "web")!;
    const published = { ...web, publish: [{ protocol: "tcp", hostPort: 8080, guestPort: 80 }] } as Member;
    members.splice(members.indexOf(web), 1, published);
    await networks.refreshPublishes(published);
    assert.match((await outside.get(four.host, 8080)) ?? "", /web/);
    assert.match((await outside.get(six.host, 8080)) ?? "", /web/);
  });

  test("isolated: guests reach each other and the host's names, and nothing else", async () => {
    const record = await maker.create({ name: "inner", kind: "isolated" }, "default");
    const [one, two] = [await guest("one", "inner"), await guest("two", "inner")];
    const lease = await one.machine.dhcp();
    assert.equal(lease?.ip, one.nic.address);
    assert.equal(lease?.router, "");
    assert.ok(await two.machine.dhcp());
    for (const { machine } of [one, two]) await machine.dhcp6();
    assert.ok(await one.machine.pings(two.nic.address!));
    await eventually(async () => assert.ok(await one.machine.pings(two.nic.address6!)));
    // Whoever sets a way out himself has none either.
    const gateway = record.subnet!.replace(/\.0\/24$/, ".1");
    await one.machine.run("ip", "route", "replace", "default", "via", gateway);
    assert.ok(await one.machine.pings(gateway));
    assert.equal(await one.machine.get(four.outside, 80), undefined);
    await one.machine.run(
      "ip",
      "-6",
      "route",
      "replace",
      "default",
      "via",
      `${record.subnet6!.split("/")[0]}1`,
    );
    assert.equal(await one.machine.get(six.outside, 80), undefined);
    assert.deepEqual(await one.machine.lookup("two.lodge.internal", gateway), [two.nic.address]);
    await assert.rejects(maker.remove(idOf(record)), (error) => hasCode(error, "network.in_use"));
    await dismiss(one);
    await dismiss(two);
    await maker.remove(idOf(record));
  });

  test("routed: guests are reached, and reach, by their own addresses", async () => {
    const asked = {
      name: "dmz",
      kind: "routed",
      subnet: "192.0.2.0/26",
      subnet6: "2001:db8:9::/64",
    } as const;
    const record = await maker.create(asked, "default");
    const far = await guest("far", { network: "dmz", address: "192.0.2.20" });
    assert.equal(far.nic.address, "192.0.2.20");
    assert.equal(far.nic.address6, "2001:db8:9::14");
    assert.ok(await far.machine.dhcp());
    await far.machine.dhcp6();
    await far.machine.answer("far", 80);
    await outside.run("ip", "route", "add", asked.subnet, "via", four.host);
    await outside.run("ip", "-6", "route", "add", asked.subnet6, "via", six.host);
    assert.match((await far.machine.get(four.outside, 80)) ?? "", /outside.*192\.0\.2\.20/);
    assert.match((await outside.get("192.0.2.20", 80)) ?? "", /far/);
    await eventually(async () => assert.match((await outside.get("2001:db8:9::14", 80)) ?? "", /far/));
    // Another network's guest is a stranger there.
    const web = guests.find(({ id }) => id === "web")!;
    assert.equal(await web.machine.get("192.0.2.20", 80), undefined);
    await dismiss(far);
    await maker.remove(idOf(record));
  });

  test("bridge: guests are at the card like machines of their own", async () => {
    await neighbour.run("ip", "address", "add", "203.0.113.1/24", "dev", "eth0");
    const record = await maker.create({ name: "lan", kind: "bridge", uplink: "spare" }, "default");
    const plain = await guest("plain", "lan");
    assert.equal(plain.nic.address, undefined);
    await plain.machine.run("ip", "address", "add", "203.0.113.7/24", "dev", "eth0");
    await eventually(async () => assert.ok(await plain.machine.pings("203.0.113.1")));
    // The host itself is nobody there.
    await plain.machine.run("ip", "route", "add", four.host, "dev", "eth0");
    assert.ok(!(await plain.machine.pings(four.host)));
    await dismiss(plain);
    await maker.remove(idOf(record));
  });

  test(
    "bridge: a card or a network is in the VLAN that is asked for, and no guest tags frames itself",
    { skip: !tags && "this kernel has no VLANs" },
    async () => {
      await neighbour.run("ip", "address", "replace", "203.0.113.1/24", "dev", "eth0");
      const record = await maker.create({ name: "lan", kind: "bridge", uplink: "spare" }, "default");
      const plain = await guest("plain", "lan");
      await plain.machine.run("ip", "address", "add", "203.0.113.7/24", "dev", "eth0");
      // A frame that the guest tags itself goes nowhere.
      await neighbour.run("ip", "link", "add", "link", "eth0", "name", "tagged", "type", "vlan", "id", "30");
      await neighbour.run("ip", "address", "add", "203.0.114.1/24", "dev", "tagged");
      await neighbour.run("ip", "link", "set", "dev", "tagged", "up");
      await plain.machine.run("ip", "link", "add", "link", "eth0", "name", "own", "type", "vlan", "id", "30");
      await plain.machine.run("ip", "address", "add", "203.0.114.7/24", "dev", "own");
      await plain.machine.run("ip", "link", "set", "dev", "own", "up");
      assert.ok(!(await plain.machine.pings("203.0.114.1")));
      // Beside it, a card with that tag of its own.
      const tagged = await guest("tagged", { network: "lan", vlan: 30 });
      await tagged.machine.run("ip", "address", "add", "203.0.114.8/24", "dev", "eth0");
      await eventually(async () => assert.ok(await tagged.machine.pings("203.0.114.1")));
      assert.ok(!(await tagged.machine.pings("203.0.113.7")));
      await dismiss(tagged);
      assert.deepEqual((await listOurs(tag)).vlans, []);
      await dismiss(plain);
      await maker.remove(idOf(record));

      const wish = {
        name: "office",
        kind: "bridge",
        uplink: "spare",
        vlan: 30,
        subnet: "203.0.114.0/24",
      } as const;
      const office = await maker.create(wish, "default");
      const desk = await guest("desk", "office");
      assert.equal((await desk.machine.dhcp())?.ip, desk.nic.address);
      assert.ok(
        await desk.machine.pings("203.0.114.1").then((first) => first || desk.machine.pings("203.0.114.1")),
      );
      await dismiss(desk);
      await maker.remove(idOf(office));
    },
  );

  test("bridge: the host's own way out is not taken from it", async () => {
    for (const device of ["uplink", "lo", "nothing"])
      await assert.rejects(
        maker.create({ name: "bad", kind: "bridge", uplink: device }, "default"),
        (error) => hasCode(error, "network.uplink_unfit"),
        device,
      );
    assert.ok(!(await networks.list()).some(({ name }) => name === "bad"));
  });

  test("a subnet that the host or another network knows is refused", async () => {
    const own = (await networks.byName("default", "default")).subnet!;
    for (const subnet of ["198.51.100.0/25", own, "127.9.0.0/24", "224.0.0.0/24"])
      await assert.rejects(
        maker.create({ name: "bad", subnet }, "default"),
        (error) => hasCode(error, "network.overlaps"),
        subnet,
      );
  });

  test("a network that is changed is so at once, for guests that ask from then on", async () => {
    const record = await maker.create({ name: "changed", kind: "isolated", mtu: 1400 }, "default");
    const one = await guest("one", "changed");
    assert.equal((await one.machine.dhcp())?.mtu, "1400");
    // Its cable is no tap, which would be made anew for a guest that runs.
    const { process: _, ...resting } = members.find(({ id }) => id === "one")!;
    members.splice(
      members.findIndex(({ id }) => id === "one"),
      1,
      resting,
    );
    const routes = [{ to: "10.250.0.0/16", via: one.nic.address! }];
    await maker.update(idOf(record), { mtu: 1300, domain: "shop.internal", routes });
    const lease = await one.machine.dhcp();
    assert.deepEqual([lease?.mtu, lease?.domain], ["1300", "shop.internal"]);
    const device = networks.bridgeOf(record)!;
    assert.equal((await readFile(`/sys/class/net/${device}/mtu`, "utf8")).trim(), "1500");
    const gateway = record.subnet!.replace(/\.0\/24$/, ".1");
    assert.deepEqual(await one.machine.lookup("one.shop.internal", gateway), [one.nic.address]);
    await dismiss(one);
    await maker.remove(idOf(record));
  });

  test("a daemon that starts again finds all as it was, and makes anew what is gone", async () => {
    const record = await maker.create({ name: "again", kind: "isolated" }, "default");
    const [one, two] = [await guest("again-1", "again"), await guest("again-2", "again")];
    assert.ok((await one.machine.dhcp()) && (await two.machine.dhcp()));
    const servers = (await listOurs(tag)).dnsmasq;
    const before = await hostState();
    make();
    await networks.open();
    assert.deepEqual((await listOurs(tag)).dnsmasq, servers);
    assert.deepEqual(await hostState(), before);
    assert.ok(await one.machine.pings(two.nic.address!));
    // As after the host's restart.
    await networks.removeAll();
    make();
    await networks.open();
    assert.ok((await listOurs(tag)).bridges.includes(networks.bridgeOf(record)!));
    await dismiss(one);
    await dismiss(two);
    await maker.remove(idOf(record));
  });

  test("nothing is left", async () => {
    for (const one of guests.slice()) await dismiss(one);
    await networks.removeAll();
    assert.deepEqual(await hostState(), untouched);
  });
});
