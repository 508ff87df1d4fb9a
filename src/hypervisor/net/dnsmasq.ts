/**
 * The DHCP and DNS server of one network: a dnsmasq bound to its bridge, which outlives the daemon.
 *
 *      no process ──start──► runs with the plan's arguments ◄──adopt── a restarted daemon
 *          ▲                          │
 *          └──── end, plan changed ───┘
 *
 * Nothing but the process itself remembers how it was started: its command line, which names the network's
 * own folder, is compared with the one that the plan asks for. So a live server is adopted when they are
 * equal, and another process that got its pid can't be taken for it.
 *
 * It leases only to MACs it knows (a static range), tells guests apart by MAC alone (forks of one guest
 * share a client id until they have their own) and ignores the names that clients give themselves. What
 * it knows lies in folders that it watches (see reservations.ts), so a new guest needs no restart.
 */
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commandLine, findProcesses } from "#base/find-process";
import { endProcess } from "#base/process";
import { findServer, readyFile, startServer } from "./dnsmasq-cell.ts";
import { bridgeName } from "./names.ts";
import type { NetworkPlace, NetworkPlan } from "./plan.ts";
import { addressAt, gatewayOf, netmaskOf } from "./subnet.ts";
import { addressAt6 } from "./subnet6.ts";

type DnsmasqPlan = Pick<
  NetworkPlan,
  | "tag"
  | "index"
  | "kind"
  | "subnet6"
  | "forwards6"
  | "mtu"
  | "domain"
  | "dnsServers"
  | "gateway"
  | "routes"
  | "directory"
> & { readonly subnet: string };

/** Written by who starts it: in its cell it has another process id. */
const pidFile = (directory: string): string => join(directory, "dnsmasq.pid");
/** What it says; guests can make it say much. It appends. */
export const dnsmasqLog = (directory: string): string => join(directory, "dnsmasq.log");
const leaseFile = (directory: string): string => join(directory, "leases");
export const dhcpHosts = (directory: string): string => join(directory, "dhcp-hosts");
export const dnsHosts = (directory: string): string => join(directory, "dns-hosts");

/** Seconds for which a guest's IPv6 address is leased; its own identity may change while its card stays. */
const lease6 = 600;
/** Seconds between router advertisements, and for how long each counts. */
const advertised = { every: 60, router: 1800 };

/** Where names are looked up that are nobody's here. Names are a way out too, and an isolated network has none. */
function upstreamArgs({ kind, dnsServers }: DnsmasqPlan): string[] {
  if (dnsServers) return ["--no-resolv", ...dnsServers.map((server) => `--server=${server}`)];
  return kind === "isolated" ? ["--no-resolv"] : ["--resolv-file=/etc/resolv.conf"];
}

/** Whom guests send through, if anybody leads out of here, and their other ways. A client that knows option 121 heeds nothing else. */
function routeArgs({ kind, subnet, gateway, routes = [] }: DnsmasqPlan): string[] {
  const through = kind === "bridge" ? gateway : kind === "isolated" ? undefined : gatewayOf(subnet);
  const all = [...routes, ...(through === undefined ? [] : [{ to: "0.0.0.0/0", via: through }])];
  const classless = all.map(({ to, via }) => `${to},${via}`).join(",");
  return [
    through === undefined ? "--dhcp-option=option:router" : `--dhcp-option=option:router,${through}`,
    ...(routes.length > 0 ? [`--dhcp-option=option:classless-static-route,${classless}`] : []),
  ];
}

/**
 * Addresses come from DHCPv6 by the card's MAC, as for IPv4, and nobody makes one up from the prefix: so each
 * is known before the guest runs, and its card can be held to it. See docs/decisions/0032-networks.md.
 */
function args6({ subnet6, forwards6, domain, mtu, ...key }: DnsmasqPlan): string[] {
  if (subnet6 === undefined) return [];
  const life = forwards6 ? advertised.router : 0;
  return [
    `--dhcp-range=${addressAt6(subnet6, 0)},static,64,${lease6}`,
    "--enable-ra",
    `--ra-param=${bridgeName(key)},mtu:${mtu},${advertised.every},${life}`,
    `--dhcp-option=option6:domain-search,${domain}`,
  ];
}

/** The arguments of dnsmasq (see its manual); the same plan and user always give the same. */
export function dnsmasqArgs(plan: DnsmasqPlan, user: string): string[] {
  const { directory, domain, subnet } = plan;
  return [
    "--conf-file=/dev/null",
    "--keep-in-foreground",
    `--interface=${bridgeName(plan)}`,
    "--except-interface=lo",
    "--bind-dynamic",
    `--user=${user}`,
    `--pid-file=${readyFile(directory)}`,
    `--log-facility=${dnsmasqLog(directory)}`,
    "--quiet-dhcp",
    "--quiet-dhcp6",
    "--quiet-ra",
    ...upstreamArgs(plan),
    "--no-hosts",
    `--hostsdir=${dnsHosts(directory)}`,
    `--domain=${domain}`,
    `--local=/${domain}/`,
    "--expand-hosts",
    "--domain-needed",
    "--bogus-priv",
    "--cache-size=1000",
    `--dhcp-range=${addressAt(subnet, 0)},static,${netmaskOf(subnet)},12h`,
    `--dhcp-hostsdir=${dhcpHosts(directory)}`,
    `--dhcp-leasefile=${leaseFile(directory)}`,
    "--dhcp-authoritative",
    "--dhcp-rapid-commit",
    "--dhcp-ignore-names",
    "--dhcp-ignore-clid",
    "--no-ping",
    `--dhcp-option=option:mtu,${plan.mtu}`,
    `--dhcp-option=option:domain-search,${domain}`,
    ...routeArgs(plan),
    ...args6(plan),
  ];
}

/** The bridge that the process with this command line serves, if it is a dnsmasq bound to one device. */
export function servedBridge(argv: readonly string[]): string | undefined {
  if (!/(^|\/)dnsmasq$/.test(argv[0] ?? "")) return undefined;
  return argv.find((word) => word.startsWith("--interface="))?.slice("--interface=".length);
}

/** The number in a pid file; undefined when there is none. */
async function readPid(path: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(path, "utf8").catch(() => ""), 10);
  return pid > 1 ? pid : undefined;
}

/** The running dnsmasq of this network, by its pid file. */
async function running(place: NetworkPlace): Promise<{ pid: number; argv: string[] } | undefined> {
  const pid = await readPid(pidFile(place.directory));
  if (pid === undefined) return undefined;
  const argv = await commandLine(pid);
  return servedBridge(argv) === bridgeName(place) ? { pid, argv } : undefined;
}

export const dnsmasqPid = async (place: NetworkPlace): Promise<number | undefined> =>
  (await running(place))?.pid;

/**
 * Adopts the network's dnsmasq, or (re)starts it. The bridge must exist. Its pid is returned.
 *
 * @throws LodgeError host.command_missing, host.command_failed.
 */
export async function ensureDnsmasq(plan: DnsmasqPlan): Promise<number> {
  for (const folder of [dhcpHosts(plan.directory), dnsHosts(plan.directory)]) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
  }
  await chmod(plan.directory, 0o755);
  const server = await findServer(plan.directory);
  const args = dnsmasqArgs(plan, server.user.name);
  const live = await running(plan);
  if (live && live.argv.slice(1).join("\0") === args.join("\0")) return live.pid;
  await stopDnsmasq(plan);
  const pid = await startServer(server, {
    directory: plan.directory,
    args,
    log: dnsmasqLog(plan.directory),
    leases: leaseFile(plan.directory),
    read: [dhcpHosts(plan.directory), dnsHosts(plan.directory)],
  });
  await rm(pidFile(plan.directory), { force: true });
  await writeFile(pidFile(plan.directory), `${pid}\n`, { flag: "wx" });
  return pid;
}

/** Ends every dnsmasq that serves this network's bridge, one whose pid file was lost too. */
export async function stopDnsmasq(place: NetworkPlace): Promise<void> {
  const recognise = (argv: readonly string[]) => servedBridge(argv) === bridgeName(place);
  for (const ref of await findProcesses(recognise)) await endProcess(ref);
}
