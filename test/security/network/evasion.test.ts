/**
 * Does a guest get a forged frame past its pin by hiding what it is, by a second card, or by taking what is another's?
 *
 * As in pinning.test.ts, each frame is sent first where it has to arrive: by a guest whose pin was lifted.
 */
import { inOwnNamespace } from "../../vm/net/own-namespace.ts";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after, before, describe } from "node:test";
import { attack } from "../attack.ts";
import { evasions } from "./evasions.ts";
import { arp, ethernet, ipv4, ipv6, udp, v6Bytes } from "./frames.ts";
import {
  advertisement,
  chosenLocal,
  datagram4,
  datagram6,
  dhcpQuestion,
  flags,
  icmp6Echo,
  message6,
} from "./packets.ts";
import { broadcast, leftovers, type Player, World } from "./world.ts";

describe("a guest", { skip: !inOwnNamespace && "needs root", timeout: 240_000 }, () => {
  let world: World;
  let me: Player;
  let other: Player;
  let number = 1;

  before(async () => {
    world = await World.make();
    me = await world.guest("attacker");
    other = await world.guest("neighbour");
    for (const kind of ["iptables", "ip6tables", "arptables"])
      await writeFile(`/proc/sys/net/bridge/bridge-nf-call-${kind}`, "0").catch(() => undefined);
    await world.pin(me, "off");
    for (const { name, frames, never } of evasions) {
      const all = frames(me, other);
      other.end.got.length = 0;
      await world.sendAll(me, other, all);
      for (const frame of all) assert.equal(other.end.has(frame), never !== true, name);
    }
    await world.pin(me, "on");
  });
  after(async () => {
    await world.end();
    assert.deepEqual(await leftovers(), { bridges: [], vlans: [], taps: [], tables: [], dnsmasq: [] });
  });

  /** Which of these frames arrive at the neighbour? */
  async function arrived(frames: readonly Buffer[], from = me, to = other): Promise<boolean[]> {
    to.end.got.length = 0;
    await world.sendAll(from, to, frames);
    return frames.map((frame) => to.end.has(frame));
  }
  const none = async (frames: readonly Buffer[], from = me, to = other) =>
    assert.ok(!(await arrived(frames, from, to)).includes(true), "it arrived");
  /** Not all of it arrives: a later piece alone is nothing. */
  async function refused(what: string): Promise<void> {
    const { frames } = evasions.find(({ name }) => name === what)!;
    assert.ok((await arrived(frames(me, other))).includes(false), "it arrived");
  }

  attack("says another's address behind a priority tag", () =>
    refused("another's address behind a priority tag"),
  );
  attack("says another's address behind a provider's tag and a customer's", () =>
    refused("another's address behind a provider's tag and a customer's"),
  );
  attack("says router advertisements behind two tags", () =>
    refused("router advertisements behind two tags"),
  );
  attack("says a tag of the kind that was before the standard", () =>
    refused("a tag of the kind that was before the standard"),
  );
  attack("says another's address in every piece of a datagram", () =>
    none(
      evasions
        .find(({ name }) => name === "another's address in every piece of a datagram")!
        .frames(me, other),
    ),
  );
  attack("says pieces of IPv6 of which the second lies over the first one's ports", () =>
    refused("pieces of IPv6 of which the second lies over the first one's ports"),
  );
  attack("says a first piece of IPv6 that ends before its ports", () =>
    refused("a first piece of IPv6 that ends before its ports"),
  );
  attack("says one piece in another", () => refused("one piece in another"));
  attack("says an IPv6 datagram that is longer than its frame", () =>
    refused("an IPv6 datagram that is longer than its frame"),
  );
  attack("says another's IPv4 address in IPv6", () => refused("another's IPv4 address in IPv6"));
  attack("says its own IPv4 address in IPv6", () => refused("its own IPv4 address in IPv6"));
  attack("says gratuitous ARP for the gateway", () => refused("gratuitous ARP for the gateway"));
  attack("says ARP for the gateway with the gateway's own MAC in it", () =>
    refused("ARP for the gateway with the gateway's own MAC in it"),
  );
  attack("says ARP probes for the gateway's address", () => refused("ARP probes for the gateway's address"));
  attack("says answers of DNS as the gateway", () => refused("answers of DNS as the gateway"));
  attack("says questions for DHCP with another's MAC in them", () =>
    refused("questions for DHCP with another's MAC in them"),
  );
  attack("says it declines another's address", () => refused("declining another's address"));
  attack("says it gives another's lease back", () => refused("giving another's lease back"));
  attack("says questions for DHCP as a relay, whose answers go to another", () =>
    refused("questions for DHCP as a relay, whose answers go to another"),
  );
  attack("says questions for DHCP in pieces, with another's MAC in the second", () =>
    refused("questions for DHCP in pieces, with another's MAC in the second"),
  );
  attack("says a BPDU that makes it the root of the bridges", () =>
    refused("a BPDU that makes it the root of the bridges"),
  );
  attack("says a BPDU of Cisco's, to all", () => refused("a BPDU of Cisco's, to all"));
  attack("says CDP", () => refused("CDP"));
  attack("says DTP, which asks for a trunk of all VLANs", () =>
    refused("DTP, which asks for a trunk of all VLANs"),
  );
  attack("says VTP", () => refused("VTP"));
  attack("says LLDP to every bridge of customers", () => refused("LLDP to every bridge of customers"));
  attack("says LACP", () => refused("LACP"));
  attack("says frames that stop the other end for a while", () =>
    refused("frames that stop the other end for a while"),
  );
  attack("says 802.1X", () => refused("802.1X"));
  attack("says GVRP, by which bridges learn VLANs", () => refused("GVRP, by which bridges learn VLANs"));
  attack("says a jumbo frame where the network takes none", () =>
    refused("a jumbo frame where the network takes none"),
  );
  attack("says renumbering of routers", () => refused("renumbering of routers"));

  const asks = (player: Player, address: string) =>
    message6(
      player,
      "::",
      135,
      Buffer.concat([flags(0), v6Bytes(address), Buffer.from([14, 1, 0, 0]), id()]),
    );
  /** What makes a frame another one. */
  const id = () => Buffer.from([0, 0, number >> 8, number++ & 255]);
  const echo = (player: Player, from: string, to: Player) =>
    ethernet(
      { from: player.mac, to: to.mac },
      0x86dd,
      ipv6({ from, to: to.local, next: 58, payload: icmp6Echo(from, to.local) }),
    );

  attack("takes a link-local address that a neighbour chose for itself", async () => {
    const chosen = chosenLocal(other, 0x11);
    assert.deepEqual(await arrived([asks(other, chosen), advertisement(other, chosen, chosen)], other, me), [
      true,
      true,
    ]);
    await none([
      asks(me, chosen),
      advertisement(me, chosen, chosen),
      advertisement(me, me.local, chosen),
      echo(me, chosen, other),
    ]);
    assert.deepEqual(await arrived([echo(other, chosen, me)], other, me), [true], "whose it stays");
  });

  attack("takes it once its neighbour's pin was put back, or another daemon took over", async () => {
    const chosen = chosenLocal(other, 0x12);
    assert.deepEqual(await arrived([asks(other, chosen)], other, me), [true]);
    await world.pin(other, "off");
    await world.pin(other, "on");
    await none([asks(me, chosen), echo(me, chosen, other)]);
    await world.lodge().open();
    await none([asks(me, chosen), echo(me, chosen, other)]);
    assert.deepEqual(await arrived([echo(other, chosen, me)], other, me), [true], "whose it stays");
  });

  attack("takes the link-local address of the host's, or one that a neighbour's MAC gives", async () => {
    const { linkLocalOf } = await import("#hypervisor/net/guard/address");
    for (const address of [linkLocalOf(me.gatewayMac), other.local])
      await none([asks(me, address), advertisement(me, me.local, address), echo(me, address, other)]);
  });

  attack("speaks of a link-local address that it never took", async () => {
    await none([
      advertisement(me, me.local, chosenLocal(me, 0x13)),
      message6(me, chosenLocal(me, 0x14), 134, Buffer.alloc(12)),
    ]);
  });

  attack("takes all link-local addresses that there are", async () => {
    const many = Array.from({ length: 200 }, (_, i) => asks(me, chosenLocal(me, 0x100 + i)));
    const taken = (await arrived(many)).filter(Boolean).length;
    assert.ok(taken <= 8, `${taken}`);
    const theirs = chosenLocal(other, 0x15);
    assert.deepEqual(await arrived([asks(other, theirs)], other, me), [true], "and others' are theirs");
  });

  attack("draws its router's address to itself, which a guest that is a router chose", async () => {
    const router = await world.guest("router");
    await world.pin(router, "off");
    await world.sendAll(router, other, [
      message6(router, "fe80::99", 134, Buffer.concat([Buffer.from("40000708", "hex"), Buffer.alloc(8)])),
    ]);
    await none([asks(me, "fe80::99"), advertisement(me, me.local, "fe80::99"), echo(me, "fe80::99", other)]);
    await world.remove(router);
  });

  attack("says by its second card that it is its first, or has its first one's address", async () => {
    const second = await world.secondCard(me);
    const claim = { operation: "reply", address: me.address, target: other.address } as const;
    await none(
      [
        datagram4(me.mac, me.address, other),
        datagram4(second.mac, me.address, other),
        datagram6(second.mac, me.local, other),
        arp({ from: second.mac, to: broadcast }, { ...claim, mac: second.mac }),
        arp({ from: second.mac, to: broadcast }, { ...claim, mac: me.mac }),
        message6(second, me.local, 136, Buffer.concat([flags(0x20), v6Bytes(me.local)])),
        advertisement(second, second.local, me.local),
      ],
      second,
    );
    await second.end.close();
    world.players.splice(world.players.indexOf(second), 1);
  });

  /** What DHCP answers somebody's question, by the address that it offers. */
  async function offered(player: Player, question: Buffer): Promise<string[]> {
    const ends = { from: "0.0.0.0", to: "255.255.255.255" };
    const payload = udp(ends, 68, 67, question);
    player.end.got.length = 0;
    player.end.send(
      ethernet({ from: player.mac, to: broadcast }, 0x0800, ipv4({ ...ends, protocol: 17, payload })),
    );
    // BOOTREPLY, Ethernet, of this transaction.
    await player.end.until("0201060012345678");
    return player.end.got.flatMap((frame) => {
      const at = frame.indexOf("0201060012345678");
      return at < 0 ? [] : [[...Buffer.from(frame.slice(at + 32, at + 40), "hex")].join(".")];
    });
  }
  const discover = (player: Player, client: number) => {
    const options = Buffer.concat([Buffer.from([61, 5, 0]), Buffer.alloc(4, client)]);
    return dhcpQuestion(player.mac, 1, { options });
  };

  attack("uses up all addresses by asking as many clients", async () => {
    for (let client = 1; client <= 40; client++)
      assert.deepEqual(await offered(me, discover(me, client)), [me.address]);
    assert.deepEqual(await offered(other, discover(other, 1)), [other.address]);
  });

  attack("keeps its neighbour from its address by declining it", async () => {
    await world.sendAll(
      me,
      other,
      evasions.find(({ name }) => name === "declining another's address")!.frames(me, other),
    );
    assert.deepEqual(await offered(other, discover(other, 2)), [other.address]);
  });

  attack("floods all with reports of what it listens to", async () => {
    const frames = Array.from({ length: 4000 }, (_, i) => {
      const body = Buffer.concat([
        Buffer.from("00000001040000000000", "hex").subarray(0, 4),
        Buffer.alloc(20, i),
      ]);
      body.writeUInt16BE(i, 20);
      return message6(me, me.local, 143, body, { mac: "33:33:00:00:00:16", address: "ff02::16" });
    });
    const igmp = Array.from({ length: 4000 }, (_, i) => {
      const group = Buffer.from([239, 1, i >> 8, i & 255]);
      const payload = Buffer.concat([Buffer.from("16000000", "hex"), group]);
      const ends = { from: me.address, to: "239.1.1.1" };
      return ethernet(
        { from: me.mac, to: "01:00:5e:01:01:01" },
        0x0800,
        ipv4({ ...ends, protocol: 2, payload, ttl: 1, id: i }),
      );
    });
    const seen = (await arrived([...frames, ...igmp])).filter(Boolean).length;
    assert.ok(seen < 7000, `not all arrive: ${seen}`);
  });
});
