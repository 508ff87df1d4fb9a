/** Does a host bring its networks after what other hosts of its cluster write? */
import { inOwnNamespace } from "./own-namespace.ts";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { silentLog } from "#base/log";
import { systemClock } from "#base/clock";
import { exec } from "#base/exec";
import { HostStore } from "#durable/store/host-store";
import { MemoryStore } from "#durable/store/memory";
import { memberKey } from "#domain/member/record";
import { Members } from "#domain/member/members";
import type { Member, RecordedNic } from "#domain/network/member";
import { Networks } from "#domain/network/networks";
import { networkKey, type NetworkRecord } from "#domain/network/record";
import { Elsewhere } from "#domain/network/spanning/elsewhere";
import { underlayHostKey, underlayKey } from "#domain/network/spanning/record";
import { Spanning } from "#domain/network/spanning/spanning";
import { listOurs } from "#hypervisor/net/ours";
import { bridgeName, tunnelName } from "#hypervisor/net/names";
import { isPortFree } from "#hypervisor/net/ports";
import { addressAt, numberOf } from "#hypervisor/net/subnet";
import { addressAt6 } from "#hypervisor/net/subnet6";
import { eventually } from "./machine.ts";

const tag = "spana";
const mac = "52:54:00:00:00:42";

describe("a host of a cluster", { skip: !inOwnNamespace && "needs root", timeout: 120_000 }, () => {
  const all = new MemoryStore();
  const store = new HostStore({ store: all, host: "h1" });
  let folder = "";
  let networks: Networks;
  let spanning: Spanning;
  let members: Members;
  let own: Member[] = [];
  let wide: NetworkRecord;

  async function start(): Promise<void> {
    const elsewhere = new Elsewhere("h1", isPortFree);
    await elsewhere.take({ type: "all", ...(await all.list("guests/")) });
    networks = new Networks({
      store,
      tag,
      folder: join(folder, "networks"),
      members: async () => own,
      elsewhere,
      onReleased: (guest) => spanning.left(guest),
    });
    await networks.open();
    members = new Members({ store: all, clock: systemClock, log: silentLog });
    await members.open();
    const address = "198.51.100.1:8470";
    const keyFile = join(folder, "wireguard.key");
    const parts = { all, tag, self: "h1", address, members, networks, elsewhere, keyFile, log: silentLog };
    spanning = new Spanning({ ...parts, guestPrefix: "guests/", clock: systemClock });
    await spanning.open();
  }

  before(async () => {
    folder = await mkdtemp("/tmp/lodge-test-spanning-");
    await exec("chmod", ["755", folder]);
    await exec("ip", ["-batch", "-"], {
      input:
        "link add under type bridge\naddress add 198.51.100.1/24 dev under\nlink set under mtu 1400 up\n",
    });
    for (const host of ["h1", "h2"])
      await put(memberKey(host), { id: host, name: `host-${host}`, joinedAt: 1 });
    await put(underlayHostKey("h2"), { address: "198.51.100.2", mtu: 1500 });
    await start();
    [wide] = (await networks.list()).filter(({ name }) => name === "default") as [NetworkRecord];
  });
  after(async () => {
    spanning.close();
    members.close();
    await networks.removeAll();
    await exec("ip", ["link", "del", "under"]);
    await rm(folder, { recursive: true, force: true });
    assert.deepEqual(await listOurs(tag), { bridges: [], vlans: [], taps: [], tables: [], dnsmasq: [] });
  });

  const put = (key: string, value: unknown) => all.transact({ put: [{ key, value }] });
  const remove = (key: string) => all.transact({ delete: [key] });
  const nic = (n: number, more: Partial<RecordedNic> = {}): RecordedNic => ({
    id: "nic0",
    network: "default",
    mac,
    address: addressAt(wide.subnet!, n),
    ...(wide.subnet6 === undefined ? {} : { address6: addressAt6(wide.subnet6, n) }),
    wired: true,
    ...more,
  });
  const far = (more: Partial<Member> = {}): Member => ({
    id: "g2",
    name: "far",
    project: "default",
    nics: [nic(42)],
    publish: [],
    ...more,
  });
  const run = async (program: string, ...args: string[]) => (await exec(program, args)).stdout;
  const tunnel = () => tunnelName({ tag, index: wide.index });
  const fdb = () => run("bridge", "fdb", "show", "dev", tunnel());
  const reserved = (kind: string) => join(folder, "networks", "default", kind, mac.replaceAll(":", "-"));

  it("says how it is reached, and names its bridges' MAC in the records", async () => {
    const said = (await all.get(underlayHostKey("h1")))?.value;
    assert.deepEqual(said, { address: "198.51.100.1", mtu: 1400 });
    assert.match(wide.mac ?? "", /^02:/);
  });

  it("leaves networks to themselves until somebody says what lies between", async () => {
    await put("guests/@h2/g2", far());
    await spanning.refresh();
    assert.ok(!existsSync(`/sys/class/net/${tunnel()}`));
    assert.equal(spanning.hostsOf(wide), undefined);
    assert.throws(() => spanning.requireSpan(far()), /does not span hosts/);
  });

  it("knows guests of others once that is said: where they are, their names and addresses", async () => {
    await assert.rejects(spanning.setKind("wireguard"), /missing on host-h1, host-h2/);
    await spanning.setKind("trusted");
    assert.deepEqual((await all.get(underlayKey))?.value, { kind: "trusted" });
    spanning.requireSpan(far());
    await eventually(async () => {
      assert.match(await fdb(), new RegExp(`${mac} dst 198.51.100.2 self`));
    });
    await spanning.refresh();
    const known = await run("ip", "neigh", "show", "dev", bridgeName({ tag, index: wide.index }));
    assert.match(known, new RegExp(`${nic(42).address} lladdr ${mac} PERMANENT`));
    assert.match(await readFile(reserved("dns-hosts"), "utf8"), /far/);
    assert.match(await readFile(reserved("dhcp-hosts"), "utf8"), new RegExp(nic(42).address!));
    assert.deepEqual(spanning.hostsOf(wide), [{ name: "host-h1" }, { name: "host-h2" }]);
  });

  it("tells guests what fits between the narrowest of the hosts", async () => {
    const server = (await networks.whole()).find(({ record }) => record.name === "default")!;
    assert.equal(server.plan.mtu, 1350);
    const { dnsmasq } = await listOurs(tag);
    const argv = await readFile(`/proc/${dnsmasq[0]}/cmdline`, "utf8");
    assert.match(argv, /option:mtu,1350/);
    assert.equal(spanning.shown().mtu, 1350);
  });

  it("answers the ports that guests elsewhere publish, but for those that something of its own has", async () => {
    const server = createServer().listen(8090, "0.0.0.0");
    await once(server, "listening");
    const to = (hostPort: number) => ({ protocol: "tcp", hostPort, guestPort: 80 }) as const;
    await put("guests/@h2/g2", far({ publish: [to(8090), to(8091)] }));
    await eventually(async () => {
      const rules = await run("nft", "list", "chain", "inet", `lodge_${tag}_0`, "publish");
      assert.match(rules, new RegExp(`tcp dport 8091 dnat ip to ${nic(42).address}:80`));
      assert.ok(!rules.includes("8090"));
    });
    server.close();
    await assert.rejects(networks.requirePortsFree([to(8091)]), /already published/);
  });

  it("gives nobody a MAC that a guest elsewhere has", async () => {
    const wish = { network: "default", mac };
    await assert.rejects(networks.newNic("nic0", wish, "default"), /has a card with the MAC/);
  });

  it("has a guest that comes from there only when it has come, with all that it brings", async () => {
    const record = far({ process: {}, firewalls: ["web"] });
    const group = { id: "grp", name: "web", project: "default", description: "", rules: [] };
    await put("firewalls/default/web", group);
    own = [record];
    await networks.attach(record);
    const tap = networks.tapOf("g2", "nic0");
    const atTap = async () => (await run("bridge", "fdb", "show", "dev", tap)).includes(mac);
    assert.ok(!(await atTap()), "what is meant for it goes where it runs yet");
    assert.match(await fdb(), new RegExp(`${mac} dst 198.51.100.2 self`));
    await networks.takeFlows(record, {
      ways: [
        {
          protocol: "tcp",
          guest: nic(42).address!,
          guestPort: 40_000,
          remote: "192.0.2.9",
          remotePort: 443,
          seconds: 500,
          by: "h2",
        },
      ],
      ports: [
        {
          nic: "nic0",
          sets: [{ kind: "out4", elements: [{ key: "192.0.2.9 . tcp . 40000 . 443", seconds: 400 }] }],
        },
      ],
    });
    await all.transact({ delete: ["guests/@h2/g2"], put: [{ key: "guests/@h1/g2", value: record }] });
    await eventually(async () => {
      assert.ok(await atTap());
      assert.ok(!(await fdb()).includes(mac));
    });
    const flows = await networks.flowsOf(record);
    assert.equal(flows.ways[0]?.by, "h2");
    assert.equal(flows.ports[0]?.sets[0]?.kind, "out4");
    assert.ok((flows.ports[0]?.sets[0]?.elements[0]?.seconds ?? 0) > 350);
  });

  it("goes on to know a guest by name that went to another host", async () => {
    const [record] = own as [Member];
    await all.transact({ delete: ["guests/@h1/g2"], put: [{ key: "guests/@h2/g2", value: record }] });
    own = [];
    await networks.release(record);
    await eventually(async () => assert.match(await fdb(), new RegExp(`${mac} dst 198.51.100.2 self`)));
    await spanning.refresh();
    assert.match(await readFile(reserved("dns-hosts"), "utf8"), /far/);
    const { ways } = await networks.flowsOf(record);
    assert.deepEqual(ways, []);
  });

  it("makes the networks that another host makes, and takes away those that it removes", async () => {
    const made = {
      name: "lab",
      kind: "isolated",
      index: 5,
      subnet: "10.99.5.0/24",
      mac: "02:00:00:00:00:05",
    };
    await put(networkKey("lab"), made);
    const bridge = bridgeName({ tag, index: 5 });
    await eventually(async () => assert.match(await run("ip", "link", "show", bridge), /02:00:00:00:00:05/));
    await eventually(async () => assert.ok(existsSync(`/sys/class/net/${tunnelName({ tag, index: 5 })}`)));
    await remove(networkKey("lab"));
    await eventually(async () => assert.ok(!existsSync(`/sys/class/net/${bridge}`)));
  });

  it("gives a network that it makes a number that another host took at the same moment to nobody else", async () => {
    const [one, two] = await Promise.all(
      ["one", "two"].map((name) =>
        networks.records.claim({ name, kind: "isolated", index: 9, subnet: "10.99.9.0/24" }),
      ),
    );
    assert.notEqual(one!.index, two!.index);
    await assert.rejects(networks.records.claim({ name: "one", kind: "isolated", index: 20 }), /already/);
    for (const record of [one!, two!]) await networks.lower(record);
  });

  it("finds all as it was when its daemon starts again", async () => {
    const before = await fdb();
    spanning.close();
    members.close();
    await start();
    assert.equal(await fdb(), before);
    assert.match(await readFile(reserved("dns-hosts"), "utf8"), /far/);
  });

  it("has its networks for itself again when the others are gone", async () => {
    await remove(memberKey("h2"));
    await eventually(async () => assert.ok(!existsSync(`/sys/class/net/${tunnel()}`)));
    await eventually(async () => {
      const server = (await networks.whole()).find(({ record }) => record.name === "default")!;
      assert.equal(server.plan.mtu, 1500);
    });
    assert.ok(numberOf(wide.subnet!, nic(42).address!) === 42);
  });
});
