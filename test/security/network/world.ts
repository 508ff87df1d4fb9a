/**
 * Two guests of one project on one bridge, a third of another project, and a host with an uplink: real taps in the
 * networks that Lodge makes, of which the guests' ends are in this test's hands.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { exec } from "#base/exec";
import { MemoryStore } from "#durable/store/memory";
import type { Nic } from "#contract/schema/network";
import type { Member } from "#domain/network/member";
import { Networks } from "#domain/network/networks";
import { projectKey } from "#domain/project/record";
import { bridgeMac, bridgeName } from "#hypervisor/net/names";
import { linkLocalOf } from "#hypervisor/net/guard/address";
import { gatewayOf } from "#hypervisor/net/subnet";
import { listOurs } from "#hypervisor/net/ours";
import { eventually } from "../../vm/net/machine.ts";
import { arp, ethernet, ipv4, udp } from "./frames.ts";
import { TapEnd } from "./tap-end.ts";

/** Of this process alone: another test's Lodge of the same tag would find dnsmasq of this one, and end it. */
export const tag = process.pid.toString(36).padStart(5, "0");
export const broadcast = "ff:ff:ff:ff:ff:ff";

export interface Player extends Member {
  readonly mac: string;
  readonly address: string;
  readonly local: string;
  readonly end: TapEnd;
  readonly gateway: string;
  readonly gatewayMac: string;
  readonly bridge: string;
  readonly subnet: string;
}

export class World {
  readonly networks: Networks;
  readonly store = new MemoryStore();
  readonly players: Player[] = [];
  readonly #folder: string;
  readonly members: Member[] = [];
  #marks = 0;
  /** What the last greeting has in it that no other has. */
  lastGreeting = "";

  private constructor(folder: string) {
    this.#folder = folder;
    this.networks = this.lodge();
  }

  /** A daemon's networks over the same records: the one of now, or the next. */
  lodge(): Networks {
    const folder = join(this.#folder, "networks");
    return new Networks({ store: this.store, tag, folder, members: async () => this.members });
  }

  static async make(): Promise<World> {
    const folder = await mkdtemp("/tmp/lodge-test-attacks-");
    await exec("chmod", ["755", folder]);
    const world = new World(folder);
    const project = { name: "other", description: "", createdAt: "" };
    await world.store.transact({ put: [{ key: projectKey("other"), value: project }] });
    await world.networks.open();
    return world;
  }

  async guest(name: string, project = "default"): Promise<Player> {
    const { networks } = this;
    const nic = await networks.newNic("nic0", "default", project);
    const member: Member = { id: name, name, project, nics: [nic], publish: [], process: {} };
    await this.store.transact({ put: networks.claims(member, [nic]) });
    this.members.push(member);
    await networks.attach(member);
    const { subnet = "", index } = await networks.byName("default", project);
    const tap = networks.tapOf(name, "nic0");
    // Nothing that arrives may be lost because this test reads slowly.
    await exec("ip", ["link", "set", "dev", tap, "txqueuelen", "20000"]);
    const end = await TapEnd.open(tap);
    // The kernel lets a port forward some time after its other end is there.
    await eventually(async () =>
      assert.equal((await readFile(`/sys/class/net/${tap}/brport/state`, "utf8")).trim(), "3"),
    );
    const player: Player = {
      ...member,
      mac: nic.mac,
      address: nic.address ?? "",
      local: linkLocalOf(nic.mac),
      end,
      subnet,
      gateway: gatewayOf(subnet),
      gatewayMac: bridgeMac({ tag, index }),
      bridge: bridgeName({ tag, index }),
    };
    this.players.push(player);
    return player;
  }

  /** One more card of a guest's in the same network, as somebody of its own at the bridge. */
  async secondCard(player: Player): Promise<Player> {
    const nic = await this.networks.newNic("nic1", "default", player.project);
    await this.store.transact({ put: this.networks.claims(player, [nic]) });
    await this.change(player, (member) => ({ ...member, nics: [...member.nics, nic] }));
    const tap = this.networks.tapOf(player.id, nic.id);
    const end = await TapEnd.open(tap);
    await eventually(async () =>
      assert.equal((await readFile(`/sys/class/net/${tap}/brport/state`, "utf8")).trim(), "3"),
    );
    const { mac, address = "" } = nic;
    const second = { ...player, name: `${player.name}-2`, mac, address, local: linkLocalOf(mac), end };
    this.players.push(second);
    return second;
  }

  /** Changes what is recorded of a guest, and brings the host after it. */
  async change({ id }: Pick<Player, "id">, change: (member: Member) => Member): Promise<void> {
    const at = this.members.findIndex((member) => member.id === id);
    this.members[at] = change(this.members[at]!);
    await this.networks.attach(this.members[at]!);
  }

  pin(player: Player, pin: "on" | "off"): Promise<void> {
    const nics = player.nics.map(({ pin: _, ...nic }): Nic => (pin === "off" ? { ...nic, pin } : nic));
    return this.change(player, (member) => ({ ...member, nics }));
  }

  async remove(player: Player): Promise<void> {
    const { id, end } = player;
    this.players.splice(this.players.indexOf(player), 1);
    const member = this.members.find((one) => one.id === id)!;
    await end.close();
    await this.networks.release(member);
    this.members.splice(this.members.indexOf(member), 1);
    await this.networks.guard.forget(id);
  }

  /** An honest datagram that nobody has sent yet. */
  mark(from: Player, to: Player): Buffer {
    const ends = { from: from.address, to: to.address };
    const data = Buffer.from(`mark ${++this.#marks} of ${from.name}`);
    const payload = udp(ends, 4000, 4000, data);
    return ethernet({ from: from.mac, to: to.mac }, 0x0800, ipv4({ ...ends, protocol: 17, payload }));
  }

  /** An ARP question that nobody has asked yet: no firewall keeps it away. */
  greeting(from: Player, to: Player): Buffer {
    const target = `192.0.2.${++this.#marks % 250}`;
    const asked = { mac: from.mac, address: from.address, target, targetMac: hello(this.#marks) };
    const frame = arp({ from: from.mac, to: to.mac }, { operation: "request", ...asked });
    this.lastGreeting = frame.toString("hex");
    return frame;
  }

  /**
   * Sends frames and then an honest one, and waits until that has arrived: a bridge hands on in order, so the
   * others have arrived by then too, or never will.
   */
  async sendAll(from: Player, to: Player, frames: readonly Buffer[]): Promise<void> {
    const mark = this.mark(from, to);
    from.end.send(...frames, mark);
    await to.end.until(mark);
  }

  async end(): Promise<void> {
    for (const { end } of this.players) await end.close();
    await this.networks.removeAll();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export const leftovers = () => listOurs(tag);

/** What stands where the target's MAC is looked for, and means nothing. */
const hello = (n: number): string =>
  `00:00:00:00:${[n >> 8, n & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
