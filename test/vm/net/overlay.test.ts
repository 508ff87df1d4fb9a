/** Do guests on several hosts share one network, and do their connections last when they move? */
import { inOwnNamespace } from "./own-namespace.ts";
import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { after, before, describe, it } from "node:test";
import { hostName } from "#hypervisor/net/overlay/plan";
import { tunnelName } from "#hypervisor/net/names";
import type { Machine } from "./machine.ts";
import { type Guest, type Host, index, World } from "./overlay-world.ts";

const program = join(import.meta.dirname, "talk.ts");
const outside = "198.51.100.99";

const serves = (machine: Machine, port: number): Promise<unknown> =>
  once(machine.background(process.execPath, program, "serve", String(port)).stdout!, "data");

/** A connection that is held open in a machine. */
class Talk {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(machine: Machine, address: string, port: number) {
    this.#child = machine.background(process.execPath, program, address, String(port));
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const late = new AbortController();
    const nothing = delay(20_000, undefined, { signal: late.signal }).then(() => ({ value: "nothing came" }));
    const { value } = await Promise.race([this.#lines.next(), nothing]);
    late.abort();
    nothing.catch(() => undefined);
    return value ?? "over";
  }

  async says(word: string): Promise<void> {
    this.#child.stdin!.write(`${word}\n`);
    assert.equal(await this.line(), word);
  }

  async ends(): Promise<void> {
    this.#child.stdin!.end();
    assert.equal(await this.line(), "over");
  }
}

describe("networks on several hosts", { skip: !inOwnNamespace && "needs root", timeout: 180_000 }, () => {
  let world: World;
  let one: Host;
  let two: Host;
  let three: Host;
  let web: Guest;
  let db: Guest;

  before(async () => {
    world = await World.make(3);
    [one, two, three] = world.hosts as [Host, Host, Host];
    web = await world.guest("web", 1, one);
    db = await world.guest("db", 2, two);
    await world.outside.answer("outside", 7000);
    await serves(world.outside, 7001);
    await serves(web.machine, 80);
    await serves(db.machine, 80);
  });
  after(() => world.end());

  const tunnel = (host: Host) => tunnelName({ tag: host.tag, index });
  const count = async (host: Host, what: string) =>
    Number(await host.does("run", "cat", `/sys/class/net/${tunnel(host)}/statistics/${what}`));
  const ways = (host: Host, by: Host) =>
    host.does("run", "nft", "list", "set", "bridge", `lodge_${host.tag}_overlay`, `way4_${hostName(by.id)}`);

  it("let guests reach each other in both families", async () => {
    assert.ok(await web.machine.pings(db.address));
    assert.ok(await web.machine.pings(db.address6));
    assert.ok(await db.machine.pings(web.address6));
  });

  it("have their gateway and their way out on each guest's own host", async () => {
    const before = await count(two, "tx_packets");
    assert.ok(await db.machine.pings("10.90.7.1"));
    assert.equal(await db.machine.get(outside, 7000), "outside 198.51.100.2");
    assert.equal(await web.machine.get(outside, 7000), "outside 198.51.100.1");
    assert.equal(await count(two, "tx_packets"), before);
  });

  it("flood nothing to other hosts, and ask nobody who has an address", async () => {
    const before = await count(one, "tx_packets");
    await web.machine.run("ip", "neigh", "flush", "dev", "eth0");
    await web.machine.pings("10.90.7.200");
    await web.machine.run("ping", "-b", "-c", "2", "-W", "1", "10.90.7.255").catch(() => undefined);
    await web.machine.run("ping", "-c", "1", "-W", "1", "ff02::1%eth0").catch(() => undefined);
    assert.equal(await count(one, "tx_packets"), before);
  });

  it("let hosts reach guests on other hosts, several at a time", async () => {
    for (const host of world.hosts) await host.does("run", "ping", "-c", "1", "-W", "2", db.address);
    for (const host of world.hosts) await host.does("run", "ping", "-c", "1", "-W", "2", db.address6);
  });

  it("tell a guest with longer packets than the way takes, and let them through in pieces", async () => {
    for (const { machine } of [web, db])
      for (const device of ["cable", "eth0"]) await machine.run("ip", "link", "set", device, "mtu", "1500");
    const long = ["-c", "1", "-W", "2", "-s", "1472"];
    await web.machine.run("ping", ...long, "-M", "dont", db.address);
    await assert.rejects(web.machine.run("ping", ...long, "-M", "do", db.address));
    const route = await web.machine.run("ip", "route", "get", db.address);
    assert.match(route, /mtu 1450/);
  });

  it("publish a guest's port on each host, and show it who asks", async () => {
    await filter("0");
    const { address: guestAddress, address6: guestAddress6 } = db;
    await world.publish({ protocol: "tcp", hostPort: 8080, guestPort: 80, guestAddress, guestAddress6 });
    for (const host of world.hosts) {
      const asked = new Talk(world.outside, host.address, 8080);
      assert.equal(await asked.line(), `joined by ${outside}`);
      await asked.says("hello");
      await asked.ends();
    }
    const own = new Talk(web.machine, one.address, 8080);
    assert.equal(await own.line(), "joined by 10.90.7.1");
    await own.ends();
  });

  /** Does the host's firewall see what its bridges hand on? Where somebody loaded br_netfilter. */
  async function filter(bridged: "0" | "1"): Promise<void> {
    for (const host of world.hosts)
      for (const kind of ["iptables", "ip6tables", "arptables"])
        await host.does("run", "sysctl", "-qw", `net.bridge.bridge-nf-call-${kind}=${bridged}`);
  }

  for (const bridged of ["0", "1"] as const)
    it(`keep connections through the host where they began while the guest moves about, ${bridged === "0" ? "without" : "with"} br_netfilter`, async () => {
      await filter(bridged);
      await world.move(web, one);
      const out = new Talk(web.machine, outside, 7001);
      assert.equal(await out.line(), "joined by 198.51.100.1");
      const { address: guestAddress } = web;
      await world.publish({ protocol: "tcp", hostPort: 8081, guestPort: 80, guestAddress });
      const into = new Talk(world.outside, one.address, 8081);
      assert.equal(await into.line(), `joined by ${outside}`);
      const beside = new Talk(web.machine, db.address, 80);
      assert.equal(await beside.line(), `joined by ${web.address}`);
      for (const host of [two, three, one, three, two, one, two]) {
        await world.move(web, host);
        // The guest is the first to say something after it moved.
        await out.says(`out, from ${host.id}`);
        await into.says(`into, at ${host.id}`);
        await beside.says(`beside, at ${host.id}`);
      }
      // One that begins now goes by the host where the guest is.
      const later = new Talk(web.machine, outside, 7001);
      assert.equal(await later.line(), "joined by 198.51.100.2");
      await world.move(web, three);
      await later.says("later");
      await out.says("out");
      assert.match(await ways(three, one), new RegExp(`${web.address} \\. ${outside} \\. tcp`));
      for (const each of [out, into, beside, later]) await each.ends();
    });

  it("forget a connection's way soon after its end", async () => {
    const left = [...(await ways(three, one)).matchAll(/ expires (\w+?)(?:s\d+ms)?[,\s]/g)].map(
      ([, time]) => time,
    );
    assert.ok(left.length > 0);
    assert.deepEqual(
      left.filter((time) => !/^(1m\d+|\d+)$/.test(time!)),
      [],
    );
  });

  it("keep a connection of IPv6 too", async () => {
    const { address6 } = web;
    const to = { protocol: "tcp", hostPort: 8082, guestPort: 80, guestAddress: web.address } as const;
    await world.publish({ ...to, guestAddress6: address6 });
    await world.move(web, one);
    await one.does("batch", "ip", "address add fd51::1/64 dev eth0 nodad\n");
    await world.outside.run("ip", "address", "add", "fd51::99/64", "dev", "eth0", "nodad");
    const into = new Talk(world.outside, "fd51::1", 8082);
    assert.equal(await into.line(), "joined by fd51::99");
    for (const host of [two, three, one]) {
      await world.move(web, host);
      await into.says(`into, at ${host.id}`);
    }
    await into.ends();
  });

  it("are taken over by the next daemon, with the ways of connections", async () => {
    await world.move(web, one);
    const out = new Talk(web.machine, outside, 7001);
    await out.line();
    await world.move(web, two);
    const fdb = await two.does("run", "bridge", "fdb", "show", "dev", tunnel(two));
    await two.does("restart");
    await world.tell();
    assert.equal(await two.does("run", "bridge", "fdb", "show", "dev", tunnel(two)), fdb);
    await out.says("after a restart");
    await out.ends();
  });

  it("forget a host that leaves, and what went by it", async () => {
    const plan = world.planOf(two);
    await two.does("overlay", { ...plan, others: plan.others.filter(({ id }) => id !== one.id) });
    await assert.rejects(ways(two, one), /No such file/);
    const fdb = await two.does("run", "bridge", "fdb", "show", "dev", tunnel(two));
    assert.ok(!fdb.includes(one.address));
    await world.tell();
  });
});
