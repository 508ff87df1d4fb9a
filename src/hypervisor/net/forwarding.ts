/**
 * The host's forwarding, which belongs to the whole host and not to one Lodge.
 *
 * Whoever finds it off and turns it on leaves a note in /run, which lasts as long as the setting itself:
 * until the next boot. Whoever removes the host's last Lodge bridge and finds the note turns it off again,
 * unless somebody else (Docker, libvirt, a firewall) has come to route through this host meanwhile.
 * A host whose administrator had turned it on is left as it is. The note's name holds the network
 * namespace, since each has a setting of its own.
 *
 * A host that forwards IPv6 does not listen to router advertisements any more, by which it may have its own
 * address and way out; accept_ra 2 of a device says that it does all the same (Documentation/networking/ip-sysctl).
 * The note of IPv6 has the devices where that was set.
 */
import { mkdir, readdir, readFile, readlink, rm, rmdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { ipJson, links } from "./ip.ts";
import { bridgeName, isBridgeName, type NetworkKey } from "./names.ts";
import { nftChains } from "./nft.ts";

const setting = "/proc/sys/net/ipv4/ip_forward";
const devices6 = "/proc/sys/net/ipv6/conf";
const setting6 = `${devices6}/all/forwarding`;

async function notePath(family: "" | "6" = ""): Promise<string> {
  const namespace = (await readlink("/proc/self/ns/net")).replace(/\D/g, "");
  return `/run/lodge/forwarding${family}-${namespace}`;
}

const read = async (path: string): Promise<string> => (await readFile(path, "utf8")).trim();

/**
 * Turns forwarding on, and lets published ports answer on 127.0.0.1: without route_localnet the kernel
 * throws such packets away as martians. The bridge must exist.
 */
export async function ensureForwarding(key: NetworkKey): Promise<void> {
  await writeFile(`/proc/sys/net/ipv4/conf/${bridgeName(key)}/route_localnet`, "1");
  if ((await read(setting)) !== "0") return;
  await mkdir("/run/lodge", { recursive: true });
  await writeFile(await notePath(), "Lodge turned net.ipv4.ip_forward on.\n");
  await writeFile(setting, "1");
}

/** Has the kernel IPv6 at all? */
export const hasIpv6 = (): boolean => existsSync(setting6);

/** Has this host a way out by IPv6? */
export async function leadsOut6(): Promise<boolean> {
  if (!hasIpv6()) return false;
  const routes = await ipJson<{ dst?: string; dev?: string; type?: string }>(
    "-6",
    "route",
    "show",
    "default",
  );
  return routes.some(({ dev, type }) => dev !== undefined && dev !== "lo" && type !== "unreachable");
}

/** The same for IPv6, with devices going on to hear how the host itself gets out. */
export async function ensureForwarding6(): Promise<void> {
  if ((await read(setting6)) !== "0") return;
  const heeding: string[] = [];
  for (const device of await readdir(devices6)) {
    if (device === "all" || device === "default" || device === "lo" || /^(ldg|lgv)/.test(device)) continue;
    if ((await read(`${devices6}/${device}/accept_ra`).catch(() => "")) === "1") heeding.push(device);
  }
  await mkdir("/run/lodge", { recursive: true });
  await writeFile(await notePath("6"), heeding.map((device) => `${device}\n`).join(""));
  for (const device of heeding)
    await writeFile(`${devices6}/${device}/accept_ra`, "2").catch(() => undefined);
  await writeFile(setting6, "1");
}

/** Turns forwarding off again if a Lodge turned it on and nobody needs it any more. */
export async function releaseForwarding(): Promise<void> {
  const [note, note6] = [await notePath(), await notePath("6")];
  if (!existsSync(note) && !existsSync(note6)) return;
  if ((await links()).some(({ ifname }) => isBridgeName(ifname))) return;
  const others = (await nftChains()).some(
    ({ hook, table }) => (hook === "forward" || hook === "postrouting") && !table.startsWith("lodge_"),
  );
  if (!others && existsSync(note)) await writeFile(setting, "0");
  if (!others && existsSync(note6)) await releaseForwarding6(note6);
  await rm(note, { force: true });
  await rm(note6, { force: true });
  await rmdir("/run/lodge").catch(() => undefined); // Others may have something in it.
}

async function releaseForwarding6(note: string): Promise<void> {
  const heeding = (await readFile(note, "utf8")).split("\n").filter((device) => device !== "");
  await writeFile(setting6, "0");
  for (const device of heeding)
    await writeFile(`${devices6}/${device}/accept_ra`, "1").catch(() => undefined);
}
