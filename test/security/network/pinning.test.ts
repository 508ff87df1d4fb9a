/**
 * Can a guest whose owner is root say that it is somebody else, or be heard where it should not?
 *
 * Each frame is sent twice: by a guest whose pin was lifted, where it has to arrive, and by one as every guest is,
 * where nothing of it may. So none is refused that would not have got anywhere. What an honest guest sends arrives.
 */
import { inOwnNamespace } from "../../vm/net/own-namespace.ts";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after, before, describe } from "node:test";
import { exec } from "#base/exec";
import { networkKey } from "#domain/network/record";
import { attack } from "../attack.ts";
import { attacks } from "./attacks.ts";
import { ethernet } from "./frames.ts";
import { honest } from "./honest.ts";
import { chosenLocal } from "./packets.ts";
import { broadcast, leftovers, type Player, tag, World } from "./world.ts";

describe("a guest", { skip: !inOwnNamespace && "needs root", timeout: 240_000 }, () => {
  let world: World;
  let me: Player;
  let other: Player;
  let far: Player;
  const tapOf = ({ id }: Player) => world.networks.tapOf(id, "nic0");

  before(async () => {
    world = await World.make();
    me = await world.guest("attacker");
    other = await world.guest("neighbour");
    far = await world.guest("elsewhere", "other");
    // What is found is the guard's doing, whether the kernel shows bridged packets to the others' rules or not.
    for (const kind of ["iptables", "ip6tables", "arptables"])
      await writeFile(`/proc/sys/net/bridge/bridge-nf-call-${kind}`, "0").catch(() => undefined);
    await arrive(honest);
    await world.pin(me, "off");
    await arrive(attacks.filter(({ never }) => !never));
    await world.pin(me, "on");
    await arrive(honest);
  });

  after(async () => {
    await world.end();
    assert.deepEqual(await leftovers(), { bridges: [], vlans: [], taps: [], tables: [], dnsmasq: [] });
  });

  async function arrive(sent: typeof attacks): Promise<void> {
    for (const { name, frames } of sent) {
      other.end.got.length = 0;
      const all = frames(me, other);
      await world.sendAll(me, other, all);
      for (const frame of all) assert.ok(other.end.has(frame), `${name} arrives`);
    }
  }

  /** Not all of it arrives at its neighbour, and nothing at another project's guest. */
  async function refused(what: string): Promise<void> {
    const { frames } = attacks.find(({ name }) => name === what)!;
    other.end.got.length = 0;
    const all = frames(me, other);
    await world.sendAll(me, other, all);
    assert.ok(!all.every((frame) => other.end.has(frame)), "it arrived");
    for (const frame of all) assert.ok(!far.end.has(frame));
  }

  attack("says another's MAC", () => refused("another's MAC"));
  attack("says a MAC of nobody's", () => refused("a MAC of nobody's"));
  attack("says the gateway's MAC", () => refused("the gateway's MAC"));
  attack("says another's IPv4 address", () => refused("another's IPv4 address"));
  attack("says the gateway's IPv4 address", () => refused("the gateway's IPv4 address"));
  attack("says an IPv4 address of elsewhere", () => refused("an IPv4 address of elsewhere"));
  attack("says no IPv4 address, and no DHCP", () => refused("no IPv4 address, and no DHCP"));
  attack("says another's IPv6 address", () => refused("another's IPv6 address"));
  attack("says an IPv6 address of elsewhere", () => refused("an IPv6 address of elsewhere"));
  attack("says no IPv6 address", () => refused("no IPv6 address"));
  attack("says ARP answers for another", () => refused("ARP answers for another"));
  attack("says ARP answers for the gateway", () => refused("ARP answers for the gateway"));
  attack("says ARP questions as the gateway", () => refused("ARP questions as the gateway"));
  attack("says ARP that says another's MAC is at its address", () =>
    refused("ARP that says another's MAC is at its address"),
  );
  attack("says gratuitous ARP for another's address", () => refused("gratuitous ARP for another's address"));
  attack("says ARP probes for another's address, which would keep it from taking it", () =>
    refused("ARP probes for another's address, which would keep it from taking it"),
  );
  attack("says neighbour advertisements of another's address", () =>
    refused("neighbour advertisements of another's address"),
  );
  attack("says neighbour advertisements of a router's address", () =>
    refused("neighbour advertisements of a router's address"),
  );
  attack("says neighbour advertisements as another", () => refused("neighbour advertisements as another"));
  attack("says neighbour solicitations as another", () => refused("neighbour solicitations as another"));
  attack("says looking whether another's IPv6 address is free, which would keep it from taking it", () =>
    refused("looking whether another's IPv6 address is free, which would keep it from taking it"),
  );
  attack("says router advertisements", () => refused("router advertisements"));
  attack("says router advertisements behind an extension header", () =>
    refused("router advertisements behind an extension header"),
  );
  attack("says router advertisements behind ten extension headers", () =>
    refused("router advertisements behind ten extension headers"),
  );
  attack("says router advertisements in one fragment", () =>
    refused("router advertisements in one fragment"),
  );
  attack("says router advertisements whose type is in a second fragment", () =>
    refused("router advertisements whose type is in a second fragment"),
  );
  attack("says neighbour advertisements in fragments", () =>
    refused("neighbour advertisements in fragments"),
  );
  attack("says redirects of IPv6", () => refused("redirects of IPv6"));
  attack("says redirects of IPv4", () => refused("redirects of IPv4"));
  attack("says DHCP answers", () => refused("DHCP answers"));
  attack("says DHCP answers to all", () => refused("DHCP answers to all"));
  attack("says DHCP answers behind options of IPv4", () => refused("DHCP answers behind options of IPv4"));
  attack("says DHCP answers in two fragments", () => refused("DHCP answers in two fragments"));
  attack("says DHCP answers of IPv6", () => refused("DHCP answers of IPv6"));
  attack("says DHCP answers of IPv6 from another port", () =>
    refused("DHCP answers of IPv6 from another port"),
  );
  attack("says DHCP questions as the host's own client hears them", () =>
    refused("DHCP questions as the host's own client hears them"),
  );
  attack("says queries of IGMP, which make it the bridge's router", () =>
    refused("queries of IGMP, which make it the bridge's router"),
  );
  attack("says queries of MLD", () => refused("queries of MLD"));
  attack("says PIM", () => refused("PIM"));
  attack("says a VLAN tag", () => refused("a VLAN tag"));
  attack("says two VLAN tags", () => refused("two VLAN tags"));
  attack("says a provider's VLAN tag", () => refused("a provider's VLAN tag"));
  attack("says a priority tag of VLAN 0", () => refused("a priority tag of VLAN 0"));
  attack("says BPDUs of STP", () => refused("BPDUs of STP"));
  attack("says LLDP", () => refused("LLDP"));
  attack("says a protocol of its own", () => refused("a protocol of its own"));
  attack("says PPPoE", () => refused("PPPoE"));
  attack("says MPLS", () => refused("MPLS"));
  attack("says an 802.3 frame", () => refused("an 802.3 frame"));
  attack("says an IPv4 packet that is longer than its frame", () =>
    refused("an IPv4 packet that is longer than its frame"),
  );
  attack("says an IPv4 header without its end", () => refused("an IPv4 header without its end"));
  attack("says an IPv6 packet whose headers have no end", () =>
    refused("an IPv6 packet whose headers have no end"),
  );
  attack("says ARP of another kind of address", () => refused("ARP of another kind of address"));
  attack("says reverse ARP", () => refused("reverse ARP"));

  attack("floods the bridge with MACs", async () => {
    const frames = Array.from({ length: 2000 }, (_, i) => {
      const mac = `02:00:00:00:${(i >> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`;
      return ethernet({ from: mac, to: broadcast }, 0x0800, Buffer.alloc(46));
    });
    await world.sendAll(me, other, frames);
    const { stdout } = await exec("bridge", ["fdb", "show", "dev", tapOf(me)]);
    assert.deepEqual(stdout.match(/^02:00:00:00.*$/gm), null);
    const counts = await world.networks.guard.counts();
    assert.ok((counts(tapOf(me))?.refused ?? 0) > 2000, "and it is counted");
    assert.equal(counts(tapOf(other))?.refused, 0);
  });

  attack("tells the bridge by LLDP that a neighbour is here", async () => {
    const lure = ethernet({ from: other.mac, to: "01:80:c2:00:00:0e" }, 0x88cc, Buffer.alloc(46));
    await world.sendAll(me, other, [lure]);
    assert.ok(!(await sees(me)), "and what is for the neighbour does not come");
  });

  attack("draws what is for a neighbour to itself, with its pin lifted", async () => {
    await world.pin(me, "off");
    const lure = ethernet({ from: other.mac, to: broadcast }, 0x0806, Buffer.alloc(46));
    await world.sendAll(me, other, [lure]);
    const drawn = await sees(me);
    await world.pin(me, "on");
    assert.ok(!drawn);
  });

  /** Does somebody's frame for the neighbour come to this one? */
  async function sees(player: Player): Promise<boolean> {
    const third = await world.guest("third");
    const secret = world.mark(third, other);
    third.end.send(secret);
    await other.end.until(secret);
    await world.sendAll(other, player, []);
    await world.remove(third);
    return player.end.has(secret);
  }

  attack("sends to whom nobody knows, to be heard by all", async () => {
    const lost = ethernet({ from: me.mac, to: "52:54:00:77:77:77" }, 0x0800, Buffer.alloc(46, 7));
    await world.sendAll(me, other, [lost]);
    assert.ok(!other.end.has(lost));
  });

  attack("reaches a neighbour in a network that isolates its guests", async () => {
    const isolate = async (isolateGuests: boolean) => {
      const record = await world.networks.byName("default", "default");
      await world.store.transact({
        put: [{ key: networkKey("default"), value: { ...record, isolateGuests } }],
      });
      await world.networks.guard.refresh();
    };
    await isolate(true);
    const [toNeighbour, toAll] = [world.mark(me, other), honest.at(-1)!.frames(me, other)[0]!];
    other.end.got.length = 0;
    me.end.send(toNeighbour, toAll);
    await isolate(false);
    await world.sendAll(me, other, []);
    assert.ok(!other.end.has(toNeighbour) && !other.end.has(toAll));
  });

  attack("is heard with addresses that are not its own", async () => {
    const fresh = await world.guest("fresh");
    const sent = ["ARP questions as the gateway", "neighbour solicitations as another"].flatMap((what) =>
      attacks.find(({ name }) => name === what)!.frames(fresh, other),
    );
    await world.sendAll(fresh, other, [...sent, ...honest.flatMap(({ frames }) => frames(fresh, other))]);
    const heard = await world.networks.guard.heard();
    const own = heard.filter(({ tap }) => tap === tapOf(fresh)).map(({ address }) => address);
    assert.deepEqual(own.toSorted(), [fresh.address, chosenLocal(fresh), fresh.local].toSorted());
    await world.remove(fresh);
  });

  attack("floods all with broadcasts", async () => {
    const mark = "b0ad".repeat(8);
    const source = Buffer.from(me.address.split(".").map(Number)).toString("hex");
    const frames = Array.from({ length: 6000 }, (_, i) => {
      const id = i.toString(16).padStart(4, "0");
      const packet = `4500002c${id}000040110000${source}ffffffff0fa00fa000180000${mark}`;
      return ethernet({ from: me.mac, to: broadcast }, 0x0800, Buffer.from(packet, "hex"));
    });
    await world.sendAll(me, other, frames);
    const seen = other.end.got.filter((frame) => frame.includes(mark)).length;
    assert.ok(seen >= 500, `an honest number arrives: ${seen}`);
    assert.ok(seen < frames.length, "not all arrive");
  });

  attack("waits until the daemon is dead, or another starts", async () => {
    const [spoofed] = attacks[0]!.frames(me, other);
    await world.lodge().open();
    await world.sendAll(me, other, [spoofed!]);
    assert.ok(!other.end.has(spoofed!));
    await exec("nft", ["flush", "chain", "bridge", `lodge_${tag}`, "prerouting"]);
    await world.lodge().open();
    await world.sendAll(me, other, [spoofed!]);
    assert.ok(!other.end.has(spoofed!), "also when somebody took the rules away meanwhile");
  });

  attack("sends before anything is known of its tap, or after it was removed", async () => {
    const stray = await world.guest("stray");
    await world.networks.guard.forget("stray");
    const frame = world.mark(stray, other);
    stray.end.send(frame);
    // Its own are handed on in order, and so are those of somebody else that were sent afterwards.
    await world.sendAll(me, other, []);
    assert.ok(!other.end.has(frame));
    await world.remove(stray);
    const { stdout } = await exec("nft", ["list", "table", "bridge", `lodge_${tag}`]);
    assert.ok(!stdout.includes(tapOf(stray)), "nothing of a removed guest stays");
  });
});
