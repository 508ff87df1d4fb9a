/**
 * Hosts on an underlay, somebody outside on it, and guests that live in namespaces and can be plugged into another host:
 * their card stays, with all its connections, and only its cable goes elsewhere.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { exec } from "#base/exec";
import { linkLocalOf } from "#hypervisor/net/guard/address";
import { bridgeName, tapName } from "#hypervisor/net/names";
import type { OverlayNetwork, OverlayPlan } from "#hypervisor/net/overlay/plan";
import type { NetworkPlan, PublishedPort } from "#hypervisor/net/plan";
import { Machine } from "./machine.ts";
import type { Does } from "./overlay-host.ts";

export const gatewayMac = "02:4c:00:00:00:01";
export const index = 7;
export const subnet = "10.90.7.0/24";
export const subnet6 = "fd90:7::/64";

const program = join(import.meta.dirname, "overlay-host.ts");

export class Host {
  readonly tag: string;
  readonly id: string;
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #waiting: ((line: string) => void)[] = [];
  #folder = "";

  private constructor(tag: string, id: string, address: string) {
    this.tag = tag;
    this.id = id;
    this.address = address;
    const enter = 'mount -t sysfs sysfs /sys && ip link set lo up && exec "$@"';
    const node = [process.execPath, ...process.execArgv.filter((arg) => arg !== "--test"), program, tag];
    this.#child = spawn("unshare", ["--net", "--mount", "sh", "-c", enter, "sh", ...node], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#lines.on("line", (line) => this.#waiting.shift()?.(line));
  }

  static async start(tag: string, n: number): Promise<Host> {
    const host = new Host(tag, `h${n}`, `198.51.100.${n}`);
    host.#folder = await mkdtemp("/tmp/lodge-test-overlay-");
    await exec("chmod", ["755", host.#folder]);
    // It is in its namespace once it answers.
    await host.does("run", "true");
    const port = `under${n}`;
    const cable = `link add ${port} master under type veth peer name eth0 netns ${host.pid}\nlink set ${port} up\n`;
    await exec("ip", ["-batch", "-"], { input: cable });
    await host.does("batch", "ip", `address add ${host.address}/24 dev eth0\nlink set eth0 up\n`);
    return host;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  does<K extends keyof Does>(call: K, ...args: Parameters<Does[K]>): ReturnType<Does[K]> {
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.push((line) => {
        const { result, error } = JSON.parse(line) as { result?: unknown; error?: string };
        if (error === undefined) resolve(result);
        else reject(new Error(`${this.id}: ${call}: ${error}`));
      });
    });
    this.#child.stdin!.write(`${JSON.stringify({ call, args })}\n`);
    return answer as ReturnType<Does[K]>;
  }

  get plan(): NetworkPlan {
    return {
      tag: this.tag,
      index,
      name: "wide",
      kind: "nat",
      mac: gatewayMac,
      subnet,
      subnet6,
      forwards6: true,
      mtu: 1450,
      domain: "lodge.internal",
      publishes: [],
      directory: join(this.#folder, "wide"),
    };
  }

  async stop(): Promise<void> {
    await this.does("remove", this.plan);
    await this.does("removeOverlay");
    this.#lines.close();
    this.#child.stdin!.end();
    await new Promise((resolve) => this.#child.once("exit", resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export interface Guest {
  readonly name: string;
  readonly mac: string;
  readonly address: string;
  readonly address6: string;
  readonly machine: Machine;
  host: Host;
}

export class World {
  readonly hosts: readonly Host[];
  readonly outside: Machine;
  readonly guests: Guest[] = [];
  publishes: PublishedPort[] = [];

  private constructor(hosts: readonly Host[], outside: Machine) {
    this.hosts = hosts;
    this.outside = outside;
  }

  static async make(count: number): Promise<World> {
    await exec("ip", ["-batch", "-"], { input: "link add under type bridge\nlink set under up\n" });
    const hosts = await Promise.all(
      Array.from({ length: count }, (_, i) => Host.start(`ovt${String.fromCodePoint(97 + i)}`, i + 1)),
    );
    const outside = await Machine.start({ port: "outport", bridge: "under" });
    await outside.run("ip", "address", "add", "198.51.100.99/24", "dev", "eth0");
    const world = new World(hosts, outside);
    for (const host of hosts) await host.does("network", host.plan);
    await world.tell();
    return world;
  }

  planOf(self: Host, more: Partial<OverlayNetwork> = {}): OverlayPlan {
    const cards = this.guests
      .filter(({ host }) => host !== self)
      .map(({ mac, address, address6, host }) => ({
        mac,
        addresses: [address, address6, linkLocalOf(mac)],
        host: host.id,
      }));
    const network = { tag: self.tag, index, gatewayMac, mtu: 1500, apart: false, cards, ...more };
    const others = this.hosts.filter((host) => host !== self);
    return {
      tag: self.tag,
      self: { id: self.id, address: self.address },
      others: others.map(({ id, address }) => ({ id, address })),
      networks: [network],
    };
  }

  /** Each host hears who is where. */
  async tell(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.does("overlay", this.planOf(host))));
  }

  portOf({ name }: Pick<Guest, "name">, host: Host): string {
    return tapName(host.tag, name, "nic0");
  }

  async guest(name: string, n: number, host: Host): Promise<Guest> {
    const mac = `52:54:00:90:07:0${n}`;
    const machine = await Machine.start({ port: "spare" });
    await exec("ip", ["link", "del", "spare"]);
    const guest = { name, mac, address: `10.90.7.${10 + n}`, address6: `fd90:7::${10 + n}`, machine, host };
    this.guests.push(guest);
    // Its card is a bridge in it, so that it stays while the cable changes.
    const card = [
      `link add eth0 type bridge forward_delay 0 mcast_snooping 0`,
      `link set eth0 address ${mac} mtu 1450 up`,
      `address add ${guest.address}/24 dev eth0`,
      `address add ${guest.address6}/64 dev eth0 nodad`,
      `route add default via 10.90.7.1`,
    ];
    await machine.run("sh", "-c", card.map((line) => `ip ${line}`).join(" && "));
    await this.plug(guest, host);
    await this.tell();
    return guest;
  }

  /** Its cable is in this host; what an earlier one had is gone. */
  async plug(guest: Guest, host: Host): Promise<void> {
    const port = this.portOf(guest, host);
    if (guest.host !== host)
      await guest.host.does("run", "ip", "link", "del", this.portOf(guest, guest.host));
    guest.host = host;
    const cable = [
      `link add ${port} master ${bridgeName({ tag: host.tag, index })} type veth peer name cable netns ${guest.machine.pid}`,
      `link set ${port} type bridge_slave learning off flood off`,
      `link set ${port} up`,
    ];
    await host.does("batch", "ip", `${cable.join("\n")}\n`);
    await host.does("batch", "bridge", `fdb replace ${guest.mac} dev ${port} master static sticky\n`);
    await guest.machine.run("sh", "-c", "ip link set cable master eth0 mtu 1450 up");
  }

  /** As the operation does it: what it has goes along before it is there. */
  async move(guest: Guest, host: Host): Promise<void> {
    if (guest.host === host) return;
    const addresses = [guest.address, guest.address6];
    const from = guest.host;
    const ends = { addresses, gateways: ["10.90.7.1", "fd90:7::1"], subnets: [subnet, subnet6] };
    await host.does("takeFlows", addresses, await from.does("flowsOf", ends));
    await this.plug(guest, host);
    await this.tell();
    await from.does("takeFlows", addresses, []);
  }

  async publish(...publishes: PublishedPort[]): Promise<void> {
    this.publishes = publishes;
    for (const host of this.hosts) await host.does("publish", host.plan, publishes);
  }

  async end(): Promise<void> {
    for (const { machine } of this.guests) await machine.stop();
    await this.outside.stop();
    for (const host of this.hosts) await host.stop();
    await exec("ip", ["link", "del", "under"]);
  }
}
