/** A stand-in for a machine: a network namespace with one device, eth0, joined to the host under test. */
import { type ChildProcess, spawn } from "node:child_process";
import { readlinkSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import { retry } from "#base/retry";
import { systemClock } from "#base/clock";

const server = join(import.meta.dirname, "answer.ts");
const client6 = join(import.meta.dirname, "dhcp6.ts");

/** What a DHCP client is told; the names are udhcpc's. */
export interface Lease {
  readonly ip: string;
  readonly mask: string;
  readonly router: string;
  readonly dns: string;
  readonly mtu: string;
  readonly domain: string;
}

const leaseScript = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip address replace $ip/$mask dev $interface
ip link set $interface mtu $mtu
[ -z "$router" ] || ip route replace default via $router
for name in ip mask router dns mtu domain; do eval "echo $name=\\$$name"; done > "$LEASE"
`;

export class Machine {
  readonly pid: number;
  readonly #holder: ChildProcess;
  readonly #children: ChildProcess[] = [];
  readonly #directory: string;

  private constructor(holder: ChildProcess, directory: string) {
    this.#holder = holder;
    this.pid = holder.pid!;
    this.#directory = directory;
  }

  /** Switched on and cabled: `port` is the host's end, in `bridge` when one is given. */
  static async start(setup: { port: string; mac?: string; bridge?: string; mtu?: number }): Promise<Machine> {
    // cat ends with its standard input, hence with this process however that ends.
    const holder = spawn("unshare", ["--net", "cat"], { stdio: ["pipe", "ignore", "inherit"] });
    const machine = new Machine(holder, await mkdtemp("/tmp/lodge-test-machine-"));
    const own = readlinkSync("/proc/self/ns/net");
    while (readlinkSync(`/proc/${machine.pid}/ns/net`) === own) await delay(2);
    const mtu = setup.mtu ?? 1500;
    const address = setup.mac === undefined ? "" : `address ${setup.mac}`;
    const master = setup.bridge === undefined ? "" : `master ${setup.bridge}`;
    const cable =
      `link add name ${setup.port} mtu ${mtu} ${master} type veth ` +
      `peer name eth0 ${address} mtu ${mtu} netns ${machine.pid}\nlink set dev ${setup.port} up\n`;
    await exec("ip", ["-batch", "-"], { input: cable });
    await machine.run("ip", "link", "set", "dev", "lo", "up");
    await machine.run("ip", "link", "set", "dev", "eth0", "up");
    return machine;
  }

  get #enter(): string[] {
    return ["--target", String(this.pid), "--net"];
  }

  /** Runs a command in the machine; its standard output. */
  async run(...command: string[]): Promise<string> {
    return (await exec("nsenter", [...this.#enter, ...command], { timeout: 15_000 })).stdout;
  }

  /** Lets a command run on in the machine until the machine stops. */
  background(...command: string[]): ChildProcess {
    const child = spawn("nsenter", [...this.#enter, ...command], { stdio: ["pipe", "pipe", "inherit"] });
    this.#children.push(child);
    return child;
  }

  /** Starts a server that tells everyone on these ports this name and who they are. */
  async answer(name: string, tcpPort: number, udpPort?: number): Promise<void> {
    const ports = [String(tcpPort), ...(udpPort === undefined ? [] : [String(udpPort)])];
    const child = this.background(process.execPath, server, name, ...ports);
    await new Promise<void>((resolve) => child.stdout!.once("data", () => resolve()));
  }

  /** Gets an address by DHCP; undefined when no server offers one. */
  async dhcp(options: { claim?: string } = {}): Promise<Lease | undefined> {
    const script = join(this.#directory, "script");
    const file = join(this.#directory, "lease");
    await writeFile(script, leaseScript, { mode: 0o755 });
    const client = `LEASE=${file} exec busybox udhcpc -i eth0 -n -q -f -t 2 -T 1 -O mtu -s ${script}`;
    const claim = options.claim === undefined ? "" : ` -F ${options.claim}`;
    try {
      await this.run("sh", "-c", client + claim);
    } catch {
      return undefined;
    }
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    return Object.fromEntries(lines.map((line) => line.split("="))) as unknown as Lease;
  }

  /** What whoever listens on a TCP port says; undefined when it can't be reached within 2 s. */
  async get(address: string, port: number): Promise<string | undefined> {
    const text = await this.run("busybox", "nc", "-w", "2", address, String(port)).catch(() => "");
    return text === "" ? undefined : text;
  }

  /** Does an address answer a ping within a second? */
  async pings(address: string): Promise<boolean> {
    return this.run("ping", "-c", "1", "-W", "1", address).then(
      () => true,
      () => false,
    );
  }

  /** Gets its IPv6 address by DHCPv6, and gives it to its card. */
  async dhcp6(): Promise<string> {
    const mac = (await this.run("cat", "/sys/class/net/eth0/address").catch(() => "")).trim();
    const given = await this.run(process.execPath, client6, "eth0", mac || "02:00:00:00:00:01");
    await this.run("ip", "address", "add", `${given.trim()}/128`, "nodad", "dev", "eth0");
    return given.trim();
  }

  /** Its card's addresses of IPv6 that are more than link-local. */
  async addresses6(): Promise<string[]> {
    const text = await this.run("ip", "-6", "-json", "address", "show", "dev", "eth0", "scope", "global");
    const devices = JSON.parse(text) as { addr_info?: { local?: string }[] }[];
    return devices.flatMap(({ addr_info = [] }) => addr_info.flatMap(({ local }) => local ?? []));
  }

  /** The addresses that a DNS server has for a name. */
  async lookup(name: string, dnsServer: string, type: "a" | "aaaa" = "a"): Promise<string[]> {
    const text = await this.run("busybox", "nslookup", `-type=${type}`, name, dnsServer).catch(() => "");
    const answers = text.split("\n\n").slice(1).join("\n");
    return [...answers.matchAll(/^Address: (\S+)$/gm)].map(([, address]) => address!);
  }

  /** The machine and its cable are gone when this returns. */
  async stop(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    this.#holder.kill("SIGKILL");
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Waits until something holds that takes its time. */
export const eventually = (assertion: () => Promise<void>): Promise<void> =>
  retry(assertion, { clock: systemClock, first: 20, longest: 200, timeout: 30_000 });
