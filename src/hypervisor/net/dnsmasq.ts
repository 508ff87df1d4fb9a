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
import type { NatPlan, NetworkPlace } from "./plan.ts";
import { addressAt, netmaskOf } from "./subnet.ts";

type DnsmasqPlan = Pick<NatPlan, "tag" | "index" | "subnet" | "mtu" | "domain" | "dnsServers" | "directory">;

/** Written by who starts it: in its cell it has another process id. */
const pidFile = (directory: string): string => join(directory, "dnsmasq.pid");
/** What it says; guests can make it say much. It appends. */
export const dnsmasqLog = (directory: string): string => join(directory, "dnsmasq.log");
const leaseFile = (directory: string): string => join(directory, "leases");
export const dhcpHosts = (directory: string): string => join(directory, "dhcp-hosts");
export const dnsHosts = (directory: string): string => join(directory, "dns-hosts");

/** The arguments of dnsmasq (see its manual); the same plan and user always give the same. */
export function dnsmasqArgs(plan: DnsmasqPlan, user: string): string[] {
  const { directory, domain, subnet } = plan;
  const upstream = plan.dnsServers
    ? ["--no-resolv", ...plan.dnsServers.map((server) => `--server=${server}`)]
    : ["--resolv-file=/etc/resolv.conf"];
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
    ...upstream,
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
