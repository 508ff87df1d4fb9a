/**
 * What can somebody do to networks that span hosts who is no host of the cluster? A frame that is put into VXLAN by hand
 * arrives where a host's root sends it, which is tried first; so it would also if another could.
 */
import { inOwnNamespace } from "../../vm/net/own-namespace.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { once } from "node:events";
import { after, before, describe } from "node:test";
import { hostMac, vniOf } from "#hypervisor/net/overlay/plan";
import { tunnelName } from "#hypervisor/net/names";
import type { Machine } from "../../vm/net/machine.ts";
import { gatewayMac, type Guest, type Host, index, World } from "../../vm/net/overlay-world.ts";
import { attack } from "../attack.ts";
import { arp, ethernet, ipv4, udp } from "./frames.ts";

const here = import.meta.dirname;
const stranger = "52:54:00:66:66:66";
const port = 9000;
const outside = "198.51.100.99";

/** What a machine hears at its port. */
class Ear {
  readonly heard: string[] = [];
  readonly #lines: Interface;

  private constructor(lines: Interface) {
    this.#lines = lines;
    lines.on("line", (line) => this.heard.push(line));
  }

  static async open(machine: Machine): Promise<Ear> {
    const child = machine.background(process.execPath, join(here, "ear.ts"), String(port));
    const ear = new Ear(createInterface({ input: child.stdout! }));
    await once(ear.#lines, "line");
    return ear;
  }

  async until(word: string): Promise<void> {
    while (!this.heard.some((line) => line.includes(word))) await once(this.#lines, "line");
  }

  has = (word: string): boolean => this.heard.some((line) => line.includes(word));
}

describe("networks that span hosts", { skip: !inOwnNamespace && "needs root", timeout: 180_000 }, () => {
  let world: World;
  let one: Host;
  let two: Host;
  let web: Guest;
  let db: Guest;
  let ofDb: Ear;
  let ofOutside: Ear;
  let marks = 0;

  /** A frame to the guest on host two, as VXLAN has it in a datagram. */
  function wrapped(word: string): string {
    const ends = { from: "10.90.7.66", to: db.address };
    const payload = udp(ends, 4000, port, Buffer.from(word));
    const frame = ethernet({ from: stranger, to: db.mac }, 0x0800, ipv4({ ...ends, protocol: 17, payload }));
    const header = Buffer.alloc(8);
    header[0] = 8;
    header.writeUIntBE(vniOf({ index }), 4, 3);
    return Buffer.concat([header, frame]).toString("hex");
  }
  const sends = (address: string, to: number, hex: string): string[] => [
    process.execPath,
    join(here, "send-datagram.ts"),
    address,
    String(to),
    hex,
  ];
  const frames = (...list: readonly Buffer[]): string[] => [
    "perl",
    join(here, "send-frame.pl"),
    "cable",
    ...list.map((frame) => frame.toString("hex")),
  ];

  /** An honest datagram to the guest on host two, which arrives after all that was sent before. */
  async function settled(): Promise<void> {
    const word = `honest-${++marks}`;
    await web.machine.run(...sends(db.address, port, Buffer.from(word).toString("hex")));
    await ofDb.until(word);
  }
  async function unheard(word: string): Promise<void> {
    await settled();
    assert.ok(!ofDb.has(word), "it arrived");
  }

  before(async () => {
    world = await World.make(2);
    [one, two] = world.hosts as [Host, Host];
    web = await world.guest("web", 1, one);
    db = await world.guest("db", 2, two);
    ofDb = await Ear.open(db.machine);
    ofOutside = await Ear.open(world.outside);
    await one.does("run", ...(sends(two.address, 4789, wrapped("by-root")) as [string, ...string[]]));
    await ofDb.until("by-root");
  });
  after(() => world.end());

  attack("a stranger on the underlay sends a guest a frame in VXLAN", async () => {
    await world.outside.run(...sends(two.address, 4789, wrapped("by-stranger")));
    await unheard("by-stranger");
  });

  attack(
    "a guest sends a frame in VXLAN to another host, which would see it come from the guest's host",
    async () => {
      await web.machine.run(...sends(two.address, 4789, wrapped("by-guest")));
      await unheard("by-guest");
    },
  );

  attack("a guest sends it in pieces", async () => {
    const ends = { from: web.address, to: two.address };
    const payload = udp(ends, 4000, 4789, Buffer.from(wrapped("in-pieces"), "hex"));
    const moreToCome = 0x2000;
    const piece = (fragment: number, part: Buffer) =>
      ethernet(
        { from: web.mac, to: gatewayMac },
        0x0800,
        ipv4({ ...ends, protocol: 17, id: 77, fragment, payload: part }),
      );
    const [first, rest] = [payload.subarray(0, 24), payload.subarray(24)];
    await web.machine.run(...frames(piece(moreToCome, first), piece(24 / 8, rest)));
    await unheard("in-pieces");
  });

  attack("a guest sends it to its own host", async () => {
    const there = wrapped("to-own-host");
    for (const address of [one.address, "10.90.7.1"]) await web.machine.run(...sends(address, 4789, there));
    await unheard("to-own-host");
  });

  attack("a process of a host's that is not root's sends it, as a guest of user mode would", async () => {
    const command = sends(two.address, 4789, wrapped("by-process"));
    const dropped = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] as const;
    await one.does("run", ...dropped, ...command).catch(() => undefined);
    await unheard("by-process");
  });

  attack("a guest sends through another host than its own", async () => {
    const ends = { from: web.address, to: outside };
    const through = (to: string, word: string) =>
      ethernet(
        { from: web.mac, to },
        0x0800,
        ipv4({ ...ends, protocol: 17, payload: udp(ends, 4000, port, Buffer.from(word)) }),
      );
    await web.machine.run(...frames(through(hostMac("h2"), "by-two"), through(gatewayMac, "by-one")));
    await ofOutside.until("by-one");
    await settled();
    assert.ok(!ofOutside.has("by-two"), "it went out there");
  });

  attack("a guest sends as a host, so that another would take what it sends for that host's", async () => {
    const ends = { from: outside, to: db.address };
    const payload = udp(ends, 4000, port, Buffer.from("as-host"));
    const packet = ipv4({ ...ends, protocol: 17, payload });
    const as = (from: string) => ethernet({ from, to: db.mac }, 0x0800, packet);
    await web.machine.run(...frames(as(hostMac("h1")), as(hostMac("h2")), as(gatewayMac)));
    await unheard("as-host");
  });

  attack("a guest sends to everybody on other hosts", async () => {
    const sent = () =>
      one.does("run", "cat", `/sys/class/net/${tunnelName({ tag: one.tag, index })}/statistics/tx_packets`);
    await settled();
    const before = await sent();
    const asked = { mac: web.mac, address: web.address, target: "10.90.7.77" };
    const ends = { from: web.address, to: "10.90.7.255" };
    const payload = udp(ends, 4000, port, Buffer.from("to-all"));
    const packet = ipv4({ ...ends, protocol: 17, payload });
    const tos = ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "33:33:00:00:00:01", stranger];
    await web.machine.run(
      ...frames(
        arp({ from: web.mac, to: "ff:ff:ff:ff:ff:ff" }, { operation: "request", ...asked }),
        ...tos.map((to) => ethernet({ from: web.mac, to }, 0x0800, packet)),
      ),
    );
    assert.equal(await sent(), before);
    await unheard("to-all");
  });

  attack("a guest answers for a neighbour on another host", async () => {
    const lie = { mac: web.mac, address: db.address, target: web.address, targetMac: web.mac };
    await web.machine.run(...frames(arp({ from: web.mac, to: gatewayMac }, { operation: "reply", ...lie })));
    const known = await one.does("run", "ip", "neigh", "show", db.address);
    assert.match(known, new RegExp(`lladdr ${db.mac} PERMANENT`));
  });

  attack("a guest reaches one on another host in a network whose guests do not see each other", async () => {
    for (const host of world.hosts) await host.does("overlay", world.planOf(host, { apart: true }));
    await web.machine.run(...sends(db.address, port, Buffer.from("apart").toString("hex")));
    await one.does("run", "ping", "-c", "1", "-W", "2", db.address);
    await world.tell();
    await unheard("apart");
  });
});
