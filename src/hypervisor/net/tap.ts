/**
 * Taps: the host's end of a guest's NIC. QEMU opens one by its name
 * (`-netdev tap,id=nic0,ifname=NAME,script=no,downscript=no`), as root or as the user who owns it, at any
 * time after it was made; it may lie ready before the guest exists.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { hasCode } from "#contract/errors";
import { ipBatch, links } from "./ip.ts";
import { isOurs, shaperOf } from "./names.ts";

export interface TapOptions {
  /** The host's end; by default the kernel picks one. The guest's own MAC is QEMU's affair. */
  readonly mac?: string;
  /** Bytes; by default 1500. */
  readonly mtu?: number;
  /** The uid that may open it; by default only root. */
  readonly owner?: number;
}

/** Input for `ip -batch -` that makes a tap. */
export const tapCreation = (name: string, { owner }: TapOptions): string =>
  `tuntap add dev ${name} mode tap${owner === undefined ? "" : ` user ${owner}`}`;

/** Input for `ip -batch -` that puts a tap into its bridge, or leaves it alone and down. */
export function tapSetup(name: string, bridge: string | undefined, { mac, mtu }: TapOptions): string {
  const address = mac === undefined ? "" : ` address ${mac}`;
  const place =
    bridge === undefined ? "nomaster addrgenmode none down" : `master ${bridge} addrgenmode none up`;
  return `link set dev ${name}${address} mtu ${mtu ?? 1500} ${place}`;
}

const exists = (name: string): boolean => existsSync(`/sys/class/net/${name}`);

/** The uid a tap belongs to, -1 for root alone; undefined for what is no tap. */
async function ownerOf(name: string): Promise<number | undefined> {
  const text = await readFile(`/sys/class/net/${name}/owner`, "utf8").catch(() => undefined);
  return text === undefined ? undefined : Number(text);
}

/**
 * Makes a tap, or repairs the one of that name: in a bridge, or in none and down (a
 * template's). One run of `ip`: 5 ms on a quiet host.
 *
 * @throws LodgeError host.command_failed, with no tap left behind.
 */
export async function createTap(
  name: string,
  bridge: string | undefined,
  options: TapOptions = {},
): Promise<void> {
  const creation = tapCreation(name, options);
  const setup = tapSetup(name, bridge, options);
  try {
    if (!exists(name)) return await ipBatch([creation, setup]);
    if ((await ownerOf(name)) === (options.owner ?? -1)) return await ipBatch([setup]);
    await ipBatch([`link del dev ${name}`, creation, setup]);
  } catch (error) {
    await deleteTap(name);
    throw error;
  }
}

/** Removes taps with their shapers, those that QEMU still holds too; a name that is not there is no error. */
export async function deleteTap(...names: string[]): Promise<void> {
  const devices = names.flatMap((name) => [name, shaperOf(name)]);
  const remove = () => ipBatch(devices.filter(exists).map((name) => `link del dev ${name}`));
  try {
    await remove();
  } catch (error) {
    // Somebody else may have removed one meanwhile.
    if (!hasCode(error, "host.command_failed")) throw error;
    await remove();
  }
}

/**
 * After a start of the daemon: the taps in use join their bridges again, which may be new ones; those of
 * this Lodge that nobody uses, left by a daemon that was killed, are removed. `used`: the bridge of each.
 */
export async function repairTaps(
  tag: string,
  used: ReadonlyMap<string, string>,
  options: TapOptions = {},
): Promise<void> {
  const devices = await links();
  const ours = devices.filter(({ ifname }) => isOurs(tag, "tap", ifname));
  const loose = ours.filter(({ ifname, master }) => used.has(ifname) && master !== used.get(ifname));
  await ipBatch(loose.map(({ ifname }) => tapSetup(ifname, used.get(ifname), options)));
  await deleteTap(...ours.map(({ ifname }) => ifname).filter((name) => !used.has(name)));
  const taps = new Set([...used.keys()].map(shaperOf));
  const shapers = devices.map(({ ifname }) => ifname).filter((name) => isOurs(tag, "shaper", name));
  await ipBatch(
    shapers.filter((name) => !taps.has(name) && exists(name)).map((name) => `link del dev ${name}`),
  );
}
