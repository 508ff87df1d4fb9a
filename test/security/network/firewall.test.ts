/** Does anything get by a firewall group that its rules do not say? And does all that they say? */
import { inOwnNamespace } from "../../vm/net/own-namespace.ts";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { after, before, describe } from "node:test";
import { exec } from "#base/exec";
import { systemClock } from "#base/clock";
import type { NewFirewallRule } from "#contract/schema/firewall";
import { changed, Firewalls } from "#domain/firewall/firewalls";
import { firewallKey, type FirewallRecord } from "#domain/firewall/record";
import { eventually } from "../../vm/net/machine.ts";
import { attack } from "../attack.ts";
import { ethernet, icmp, ipv4, ipv6, tcp, udp } from "./frames.ts";
import { type Player, tag, World } from "./world.ts";

/** Flags of TCP. */
const [SYN, ACK, SYNACK, DATA] = [2, 16, 18, 24] as const;

describe("a guest with a firewall group", { skip: !inOwnNamespace && "needs root", timeout: 240_000 }, () => {
  let world: World;
  let firewalls: Firewalls;
  let shop: Player;
  let friend: Player;
  let stranger: Player;
  const groups: Record<string, string> = {};
  let number = 1;

  before(async () => {
    world = await World.make();
    shop = await world.guest("shop");
    friend = await world.guest("friend");
    stranger = await world.guest("stranger");
    for (const kind of ["iptables", "ip6tables", "arptables"])
      await writeFile(`/proc/sys/net/bridge/bridge-nf-call-${kind}`, "0").catch(() => undefined);
    firewalls = new Firewalls({
      store: world.store,
      clock: systemClock,
      tag,
      guard: world.networks.guard,
      guests: async () => world.members,
      networks: async () => [{ name: "default", project: "default", bridged: true, firewalls: [] }],
      changeGuest: async (id, use) => {
        const found = world.members.find((member) => member.id === id)!;
        await world.change(found, (now) => ({ ...now, firewalls: changed(use, now.firewalls) }));
      },
      changeNetwork: async () => undefined,
    });
    for (const name of ["open", "friends", "quiet"])
      groups[name] = (await firewalls.create({ name }, "default")).id;
    await firewalls.attach(groups["open"]!, { guests: ["shop"] });
  });
  after(() => world.end());

  const rules = (name: string, ...list: NewFirewallRule[]) =>
    firewalls.update(groups[name]!, { rules: list });

  const segment = (from: Player, to: Player, ports: readonly [number, number], flags: number) => {
    const ends = { from: from.address, to: to.address };
    const payload = tcp(ends, ...ports, flags, number++);
    return ethernet({ from: from.mac, to: to.mac }, 0x0800, ipv4({ ...ends, protocol: 6, payload }));
  };
  const datagram = (from: Player, to: Player, ports: readonly [number, number]) => {
    const ends = { from: from.address, to: to.address };
    const payload = udp(ends, ...ports, Buffer.from(`datagram ${number++}`));
    return ethernet({ from: from.mac, to: to.mac }, 0x0800, ipv4({ ...ends, protocol: 17, payload }));
  };
  const segment6 = (from: Player, to: Player, ports: readonly [number, number], flags: number) => {
    const ends = { from: from.local, to: to.local };
    const payload = tcp(ends, ...ports, flags, number++);
    return ethernet({ from: from.mac, to: to.mac }, 0x86dd, ipv6({ ...ends, next: 6, payload }));
  };
  const echo = (from: Player, to: Player, type: 0 | 8) => {
    const payload = icmp(type, 0, Buffer.from(`0001${(number++).toString(16).padStart(4, "0")}`, "hex"));
    const ends = { from: from.address, to: to.address };
    return ethernet({ from: from.mac, to: to.mac }, 0x0800, ipv4({ ...ends, protocol: 1, payload }));
  };

  /** Does it arrive? ARP always does, and comes after it. */
  async function arrives(from: Player, to: Player, frame: Buffer): Promise<boolean> {
    from.end.send(frame, world.greeting(from, to));
    await to.end.until(world.lastGreeting);
    return to.end.has(frame);
  }
  const passes = async (from: Player, to: Player, frame: Buffer) =>
    assert.ok(await arrives(from, to, frame), "it passes");
  const fails = async (from: Player, to: Player, frame: Buffer) =>
    assert.ok(!(await arrives(from, to, frame)), "it fails");

  attack("is reached at a port that no rule names", async () => {
    await rules("open", { direction: "in", protocol: "tcp", ports: ["80", "8000-8010"] });
    await fails(stranger, shop, segment(stranger, shop, [5000, 22], SYN));
    await fails(stranger, shop, segment(stranger, shop, [5000, 8011], SYN));
    await fails(stranger, shop, datagram(stranger, shop, [5000, 80]));
    await fails(stranger, shop, segment6(stranger, shop, [5000, 22], SYN));
    await fails(stranger, shop, echo(stranger, shop, 8));
    await passes(stranger, shop, segment(stranger, shop, [5000, 80], SYN));
    await passes(stranger, shop, segment(stranger, shop, [5000, 8005], SYN));
    await passes(stranger, shop, segment6(stranger, shop, [5000, 80], SYN));
  });

  attack("is reached by what looks like an answer to nothing", async () => {
    await fails(stranger, shop, segment(stranger, shop, [443, 5001], SYNACK));
    await fails(stranger, shop, segment(stranger, shop, [443, 5001], DATA));
    await fails(stranger, shop, datagram(stranger, shop, [53, 5001]));
    await fails(stranger, shop, echo(stranger, shop, 0));
    await passes(shop, stranger, segment(shop, stranger, [5001, 443], SYN));
    await passes(stranger, shop, segment(stranger, shop, [443, 5001], SYNACK));
    await passes(shop, stranger, datagram(shop, stranger, [5001, 53]));
    await passes(stranger, shop, datagram(stranger, shop, [53, 5001]));
    await passes(shop, stranger, echo(shop, stranger, 8));
    await passes(stranger, shop, echo(stranger, shop, 0));
  });

  attack("is reached by another's answer, or at another port, once somebody was asked", async () => {
    await passes(shop, stranger, segment(shop, stranger, [5002, 443], SYN));
    await fails(friend, shop, segment(friend, shop, [443, 5002], SYNACK));
    await fails(stranger, shop, segment(stranger, shop, [443, 5003], SYNACK));
    await fails(stranger, shop, segment(stranger, shop, [444, 5002], SYNACK));
    await fails(stranger, shop, datagram(stranger, shop, [443, 5002]));
  });

  attack("is reached by who is not in the group that a rule names", async () => {
    await rules("open", { direction: "in", protocol: "udp", ports: ["9"], peer: "group:friends" });
    await fails(friend, shop, datagram(friend, shop, [5000, 9]));
    await firewalls.attach(groups["friends"]!, { guests: ["friend"] });
    await passes(friend, shop, datagram(friend, shop, [5000, 9]));
    await fails(stranger, shop, datagram(stranger, shop, [5000, 9]));
    await firewalls.detach(groups["friends"]!, { guests: ["friend"] });
    await fails(friend, shop, datagram(friend, shop, [5000, 9]));
  });

  attack("is reached by who has neither the name, the label nor the address that a rule names", async () => {
    await rules(
      "open",
      { direction: "in", protocol: "udp", ports: ["1"], peer: "guest:friend" },
      { direction: "in", protocol: "udp", ports: ["2"], peer: "label:role=probe" },
      { direction: "in", protocol: "udp", ports: ["3"], peer: `${friend.address}/32` },
      { direction: "in", protocol: "udp", ports: ["4"], peer: "network:default" },
      { direction: "in", protocol: "udp", ports: ["5"], peer: "2001:db8::/32" },
    );
    await world.change(friend, (now) => ({ ...now, labels: { role: "probe" } }));
    for (const port of [1, 2, 3, 4]) await passes(friend, shop, datagram(friend, shop, [5000, port]));
    for (const port of [1, 2, 3, 5]) await fails(stranger, shop, datagram(stranger, shop, [5000, port]));
    await passes(stranger, shop, datagram(stranger, shop, [5000, 4]));
  });

  attack("goes on with what a changed rule forbids", async () => {
    await rules("open", { direction: "in", protocol: "tcp", ports: ["80"] });
    await passes(stranger, shop, segment(stranger, shop, [5005, 80], SYN));
    await passes(shop, stranger, segment(shop, stranger, [80, 5005], SYNACK));
    await passes(stranger, shop, segment(stranger, shop, [5005, 80], DATA));
    await passes(stranger, shop, segment(stranger, shop, [5012, 80], SYN));
    await rules("open", { direction: "in", protocol: "tcp", ports: ["80"], peer: "guest:friend" });
    await fails(stranger, shop, segment(stranger, shop, [5005, 80], DATA));
  });

  attack("goes on to answer what a changed rule forbids, or has that count as its own", async () => {
    await rules(
      "open",
      { direction: "in", protocol: "tcp", ports: ["80", "81"] },
      { direction: "in", protocol: "udp", ports: ["82"] },
    );
    const [open, other] = [5020, 5021];
    for (const from of [stranger, friend]) {
      await passes(from, shop, segment(from, shop, [open, 80], SYN));
      await passes(shop, from, segment(shop, from, [80, open], SYNACK));
      await passes(from, shop, segment6(from, shop, [open, 80], SYN));
      await passes(shop, from, segment6(shop, from, [80, open], SYNACK));
    }
    await passes(stranger, shop, segment(stranger, shop, [other, 81], SYN));
    await passes(shop, stranger, segment(shop, stranger, [81, other], SYNACK));
    await passes(stranger, shop, datagram(stranger, shop, [open, 82]));
    await rules(
      "open",
      { direction: "in", protocol: "tcp", ports: ["80"], peer: "guest:friend" },
      { direction: "in", protocol: "tcp", ports: ["81"] },
    );
    await fails(shop, stranger, segment(shop, stranger, [80, open], DATA));
    await fails(shop, stranger, segment6(shop, stranger, [80, open], DATA));
    await fails(shop, stranger, datagram(shop, stranger, [82, open]));
    await fails(stranger, shop, segment(stranger, shop, [open, 80], DATA));
    await passes(shop, friend, segment(shop, friend, [80, open], DATA));
    await passes(shop, friend, segment6(shop, friend, [80, open], DATA));
    await passes(shop, stranger, segment(shop, stranger, [81, other], DATA));
    // It is let in again, and answered.
    await rules("open", { direction: "in", protocol: "tcp", ports: ["80"] });
    await passes(stranger, shop, segment(stranger, shop, [open, 80], SYN));
    await passes(shop, stranger, segment(shop, stranger, [80, open], SYNACK));
  });

  attack("gets answers from whom it may not ask any more", async () => {
    await rules("open", { direction: "out", protocol: "tcp", ports: ["443"] });
    for (const to of [stranger, friend]) {
      await passes(shop, to, segment(shop, to, [5030, 443], SYN));
      await passes(to, shop, segment(to, shop, [443, 5030], SYNACK));
    }
    await rules("open", { direction: "out", protocol: "tcp", ports: ["443"], peer: "guest:friend" });
    await fails(stranger, shop, segment(stranger, shop, [443, 5030], DATA));
    await passes(friend, shop, segment(friend, shop, [443, 5030], DATA));
  });

  attack("goes on with what was forbidden while no daemon ran", async () => {
    await rules("open", { direction: "in", protocol: "tcp", ports: ["80"] });
    await passes(stranger, shop, segment(stranger, shop, [5040, 80], SYN));
    await passes(shop, stranger, segment(shop, stranger, [80, 5040], SYNACK));
    const key = firewallKey("default", "open");
    const record = (await world.store.get(key))!.value as FirewallRecord;
    await world.store.transact({ put: [{ key, value: { ...record, rules: [] } }] });
    await world.lodge().open();
    await fails(stranger, shop, segment(stranger, shop, [5040, 80], DATA));
    await fails(shop, stranger, segment(shop, stranger, [80, 5040], DATA));
  });

  attack("is reached by a published port past its groups", async () => {
    const outside = await world.guest("outside", "other");
    const elsewhere = "198.51.100.1";
    await exec("ip", ["address", "add", `${elsewhere}/32`, "dev", "lo"]);
    // The host need not ask where the guest is.
    await exec("ip", ["neigh", "replace", shop.address, "lladdr", shop.mac, "dev", shop.bridge]);
    const publish = [80, 81].map((port) => ({
      protocol: "tcp" as const,
      hostPort: 8000 + port,
      guestPort: port,
    }));
    await world.change(shop, (now) => ({ ...now, publish }));
    const asked = (from: Player, port: number) => {
      const ends = { from: from.address, to: from.gateway };
      const payload = tcp(ends, number++ + 20_000, port, SYN);
      return ethernet(
        { from: from.mac, to: from.gatewayMac },
        0x0800,
        ipv4({ ...ends, protocol: 6, payload }),
      );
    };
    const ports = (port: number) => new RegExp(`^.{46}06.{20}....${port.toString(16).padStart(4, "0")}`);
    const heard = (port: number) => shop.end.got.some((frame) => ports(port).test(frame));
    const only81 = async (ask: () => void) => {
      shop.end.got.length = 0;
      ask();
      await eventually(async () => assert.ok(heard(81), "what is allowed arrives"));
      assert.ok(!heard(80), "and the other does not");
    };
    await rules("open", { direction: "in", protocol: "tcp", ports: ["81"], peer: `${elsewhere}/32` });
    const sockets: Socket[] = [];
    await only81(() => {
      for (const port of [8080, 8081])
        sockets.push(
          connect({ host: elsewhere, localAddress: elsewhere, port }).on("error", () => undefined),
        );
    });
    for (const socket of sockets) socket.destroy();
    // Guests that ask by the host's address are seen as the host.
    await rules("open", { direction: "in", protocol: "tcp", ports: ["81"], peer: `${shop.gateway}/32` });
    for (const from of [outside, stranger])
      await only81(() => from.end.send(asked(from, 8080), asked(from, 8081)));
    await world.change(shop, (now) => ({ ...now, publish: [] }));
    await world.remove(outside);
  });

  attack("reaches whom its rules do not name", async () => {
    await rules("open", { direction: "out", protocol: "tcp", ports: ["443"], peer: "guest:friend" });
    await passes(shop, friend, segment(shop, friend, [5006, 443], SYN));
    await fails(shop, friend, segment(shop, friend, [5006, 80], SYN));
    await fails(shop, stranger, segment(shop, stranger, [5006, 443], SYN));
    await fails(shop, stranger, echo(shop, stranger, 8));
    await passes(friend, shop, segment(friend, shop, [443, 5006], SYNACK));
  });

  attack("answers whom nobody let ask", async () => {
    await rules(
      "open",
      { direction: "out", protocol: "tcp", ports: ["443"] },
      { direction: "in", protocol: "tcp", ports: ["80"] },
    );
    await fails(shop, stranger, segment(shop, stranger, [80, 5007], SYNACK));
    await passes(stranger, shop, segment(stranger, shop, [5007, 80], SYN));
    await passes(shop, stranger, segment(shop, stranger, [80, 5007], SYNACK));
  });

  attack("is reached by what its rules forbid once another daemon took over", async () => {
    await rules("open", { direction: "in", protocol: "tcp", ports: ["80"] });
    await passes(shop, stranger, segment(shop, stranger, [5008, 443], SYN));
    await world.lodge().open();
    await passes(stranger, shop, segment(stranger, shop, [443, 5008], SYNACK));
    await fails(stranger, shop, segment(stranger, shop, [443, 5009], ACK));
    await passes(stranger, shop, segment(stranger, shop, [5008, 80], SYN));
  });

  attack("is reached behind a first fragment that says no port", async () => {
    const ends = { from: stranger.address, to: shop.address };
    const piece = ipv4({ ...ends, protocol: 6, payload: Buffer.alloc(8), fragment: 0x2000, id: number++ });
    await fails(stranger, shop, ethernet({ from: stranger.mac, to: shop.mac }, 0x0800, piece));
  });

  attack("is reached though the only group that is attached to it allows nothing", async () => {
    await firewalls.detach(groups["open"]!, { guests: ["shop"] });
    await passes(stranger, shop, segment(stranger, shop, [5010, 22], SYN));
    await firewalls.attach(groups["quiet"]!, { guests: ["shop"] });
    await fails(stranger, shop, segment(stranger, shop, [5010, 22], SYN));
    const counts = await world.networks.guard.counts();
    assert.ok((counts(world.networks.tapOf("shop", "nic0"))?.denied ?? 0) > 0, "and it is counted");
  });
});
