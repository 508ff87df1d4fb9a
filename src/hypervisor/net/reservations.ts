/**
 * Which guest has which address and name: one small file each for DHCP and DNS, named by the NIC's MAC.
 * dnsmasq sees a new file by itself (inotify) in well under a millisecond; of what was changed or removed
 * it is told by SIGHUP, and by a DHCPRELEASE (RFC 2131, 4.4.6) in the guest's stead, since otherwise it
 * would keep the address for the old MAC until the lease ends.
 */
import { createSocket } from "node:dgram";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { isIPv4, isIPv6 } from "node:net";
import { join } from "node:path";
import { processRef, signalProcess } from "#base/process";
import { dhcpHosts, dnsHosts, dnsmasqPid } from "./dnsmasq.ts";
import type { NetworkPlan } from "./plan.ts";
import { gatewayOf } from "./subnet.ts";

export interface Reservation {
  /** Lower case, with colons. */
  readonly mac: string;
  readonly address: string;
  readonly address6?: string;
  /** Host names without the domain; the first is the guest's own. */
  readonly names: readonly string[];
}

export type ReservationPlan = Pick<NetworkPlan, "tag" | "index" | "directory"> & { readonly subnet: string };

const macPattern = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
const namePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

interface ReservationFiles {
  readonly file: string;
  readonly dhcp: string;
  readonly dns: string;
}

/** The files' name and contents. What could say more to dnsmasq than it should is a bug and refused. */
export function reservationFiles({ mac, address, address6, names }: Reservation): ReservationFiles {
  if (!macPattern.test(mac)) throw new RangeError(`not a MAC: ${mac}`);
  if (!isIPv4(address)) throw new RangeError(`not an IPv4 address: ${address}`);
  if (address6 !== undefined && !isIPv6(address6)) throw new RangeError(`not an IPv6 address: ${address6}`);
  for (const name of names) if (!namePattern.test(name)) throw new RangeError(`not a host name: ${name}`);
  return {
    file: mac.replaceAll(":", "-"),
    dhcp: `${[mac, address, ...(address6 === undefined ? [] : [`[${address6}]`])].join(",")}\n`,
    dns:
      names.length > 0
        ? [address, ...(address6 === undefined ? [] : [address6])]
            .map((each) => `${each} ${names.join(" ")}\n`)
            .join("")
        : "",
  };
}

/** A DHCPRELEASE: the fixed header of RFC 2131 and, as RFC 2132 options, its type and the server. */
export function releaseMessage(mac: string, address: string, server: string): Uint8Array {
  const bytes = (dotted: string) => dotted.split(".").map(Number);
  const message = new Uint8Array(300);
  message.set([1, 1, 6]);
  message.set(bytes(address), 12);
  message.set(
    mac.split(":").map((part) => Number.parseInt(part, 16)),
    28,
  );
  message.set([0x63, 0x82, 0x53, 0x63, 53, 1, 7, 54, 4, ...bytes(server), 255], 236);
  return message;
}

/**
 * Sent from the bridge's own address to itself: dnsmasq takes it as if it came by the bridge. Where that
 * address is missing there is no network to tell; ensureNetwork then starts dnsmasq anew.
 */
async function release(plan: ReservationPlan, mac: string, address: string): Promise<void> {
  const gateway = gatewayOf(plan.subnet);
  const message = releaseMessage(mac, address, gateway);
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => {
    socket.on("error", () => resolve());
    socket.bind(0, gateway, () => socket.send(message, 67, gateway, () => resolve()));
  });
  socket.close();
}

const read = (path: string): Promise<string | undefined> => readFile(path, "utf8").catch(() => undefined);

/** By renaming, so that dnsmasq never reads half a file. It overlooks names that begin with a dot. */
async function replace(folder: string, file: string, text: string): Promise<void> {
  await writeFile(join(folder, `.${file}`), text);
  await rename(join(folder, `.${file}`), join(folder, file));
}

/** Tells dnsmasq of changes and removals, if it runs: one that starts later reads all anyway. */
async function forget(
  plan: ReservationPlan,
  old: readonly { mac: string; address: string }[],
): Promise<void> {
  const pid = await dnsmasqPid(plan);
  const ref = pid === undefined ? undefined : processRef(pid);
  if (!ref || !signalProcess(ref, "SIGHUP")) return;
  for (const { mac, address } of old) await release(plan, mac, address);
}

/** What a DHCP file says: `52:54:00:00:00:01,10.64.5.7`. */
function parse(text: string): { mac: string; address: string } {
  const [mac = "", address = ""] = text.trim().split(",");
  return { mac, address };
}

/** Reserves an address and its names for a MAC, or changes them. Takes about a millisecond. */
export async function putReservation(plan: ReservationPlan, reservation: Reservation): Promise<void> {
  const { file, dhcp, dns } = reservationFiles(reservation);
  const [oldDhcp, oldDns] = await Promise.all([
    read(join(dhcpHosts(plan.directory), file)),
    read(join(dnsHosts(plan.directory), file)),
  ]);
  if (oldDhcp === dhcp && oldDns === dns) return;
  await replace(dnsHosts(plan.directory), file, dns);
  if (oldDhcp !== dhcp) await replace(dhcpHosts(plan.directory), file, dhcp);
  if (oldDhcp !== undefined) await forget(plan, [parse(oldDhcp)]);
}

/** Frees a MAC's address and names at once; nothing happens when it had none. */
export async function removeReservation(plan: ReservationPlan, mac: string): Promise<void> {
  const file = mac.replaceAll(":", "-");
  const old = await read(join(dhcpHosts(plan.directory), file));
  await rm(join(dnsHosts(plan.directory), file), { force: true });
  await rm(join(dhcpHosts(plan.directory), file), { force: true });
  if (old !== undefined) await forget(plan, [parse(old)]);
}

/** All reservations as the files hold them, without their names. */
export async function listReservations(
  plan: Pick<ReservationPlan, "directory">,
): Promise<{ mac: string; address: string }[]> {
  const folder = dhcpHosts(plan.directory);
  const files = (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith("."));
  const texts = await Promise.all(files.map((file) => read(join(folder, file))));
  return texts.flatMap((text) => (text === undefined ? [] : [parse(text)]));
}

/** Makes the files say exactly this, as a daemon does that starts; `ensureNetwork` comes before it. */
export async function syncReservations(plan: ReservationPlan, all: readonly Reservation[]): Promise<void> {
  const wanted = new Set(all.map(({ mac }) => mac));
  for (const { mac } of await listReservations(plan)) {
    if (!wanted.has(mac)) await removeReservation(plan, mac);
  }
  for (const reservation of all) await putReservation(plan, reservation);
}
