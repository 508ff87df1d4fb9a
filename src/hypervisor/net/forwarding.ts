/**
 * The host's IPv4 forwarding, which belongs to the whole host and not to one Lodge.
 *
 * Whoever finds it off and turns it on leaves a note in /run, which lasts as long as the setting itself:
 * until the next boot. Whoever removes the host's last Lodge bridge and finds the note turns it off again,
 * unless somebody else (Docker, libvirt, a firewall) has come to route through this host meanwhile.
 * A host whose administrator had turned it on is left as it is. The note's name holds the network
 * namespace, since each has a setting of its own.
 */
import { mkdir, readFile, readlink, rm, rmdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { links } from "./ip.ts";
import { bridgeName, type NetworkKey } from "./names.ts";
import { nftChains } from "./nft.ts";

const setting = "/proc/sys/net/ipv4/ip_forward";

async function notePath(): Promise<string> {
  const namespace = (await readlink("/proc/self/ns/net")).replace(/\D/g, "");
  return `/run/lodge/forwarding-${namespace}`;
}

/**
 * Turns forwarding on, and lets published ports answer on 127.0.0.1: without route_localnet the kernel
 * throws such packets away as martians. The bridge must exist.
 */
export async function ensureForwarding(key: NetworkKey): Promise<void> {
  await writeFile(`/proc/sys/net/ipv4/conf/${bridgeName(key)}/route_localnet`, "1");
  if ((await readFile(setting, "utf8")).trim() !== "0") return;
  await mkdir("/run/lodge", { recursive: true });
  await writeFile(await notePath(), "Lodge turned net.ipv4.ip_forward on.\n");
  await writeFile(setting, "1");
}

/** Turns forwarding off again if a Lodge turned it on and nobody needs it any more. */
export async function releaseForwarding(): Promise<void> {
  const note = await notePath();
  if (!existsSync(note)) return;
  if ((await links()).some(({ ifname }) => /^ldg[a-z0-9]{4,6}([a-z0-9]|-[a-z0-9]{2})$/.test(ifname))) return;
  const others = (await nftChains()).some(
    ({ hook, table }) => (hook === "forward" || hook === "postrouting") && !table.startsWith("lodge_"),
  );
  if (!others) await writeFile(setting, "0");
  await rm(note, { force: true });
  await rmdir("/run/lodge").catch(() => undefined); // Others may have something in it.
}
