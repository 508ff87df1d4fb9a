/**
 * Taps: the host's end of a guest's NIC. QEMU opens one by its name
 * (`-netdev tap,id=nic0,ifname=NAME,script=no,downscript=no`), as root or as the user who owns it, at any
 * time after it was made; it may lie ready before the guest exists.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { hasCode } from "#contract/errors";
import { exec } from "#base/exec";
import { ipBatch, links } from "./ip.ts";
import { isOurs, shaperOf } from "./names.ts";
import { deviceMtu } from "./plan.ts";

export interface TapOptions {
  /** The host's end; by default the kernel picks one. The guest's own MAC is QEMU's affair. */
  readonly mac?: string;
  /** Bytes; by default 1500. */
  readonly mtu?: number;
  /** The uid that may open it; by default only root. */
  readonly owner?: number;
  /**
   * The guest's MAC, where it may have no other: then the bridge is told where it is and learns nothing from what comes
   * by this port, and frames for whom nobody knows do not go there. Without, the bridge learns.
   */
  readonly guestMac?: string;
  /** The guest still runs on another host: what is meant for it goes there until the bridge is told otherwise. */
  readonly awaited?: boolean;
}

/** Input for `ip -batch -` that makes a tap. */
export const tapCreation = (name: string, { owner }: TapOptions): string =>
  `tuntap add dev ${name} mode tap${owner === undefined ? "" : ` user ${owner}`}`;

/** Input for `ip -batch -` that puts a tap into its bridge, or leaves it alone and down. */
export function tapSetup(name: string, bridge: string | undefined, options: TapOptions): string[] {
  const { mac, mtu, guestMac } = options;
  const address = mac === undefined ? "" : ` address ${mac}`;
  const settings = `link set dev ${name}${address} mtu ${deviceMtu(mtu ?? 1500)}`;
  if (bridge === undefined) return [`${settings} nomaster addrgenmode none down`];
  const learns = guestMac === undefined ? "on" : "off";
  return [
    `${settings} master ${bridge} addrgenmode none`,
    `link set dev ${name} type bridge_slave learning ${learns} flood ${learns}`,
    `link set dev ${name} up`,
  ];
}

/**
 * Tells bridges where guests are: an entry for each MAC at its tap, which has to be in a bridge. It is sticky, or
 * a guest whose port the bridge learns from could draw it there.
 */
async function placeMacs(places: readonly (readonly [tap: string, mac: string])[]): Promise<void> {
  if (places.length === 0) return;
  const input = places.map(([tap, mac]) => `fdb replace ${mac} dev ${tap} master static sticky\n`).join("");
  await exec("bridge", ["-batch", "-"], { input });
}

const exists = (name: string): boolean => existsSync(`/sys/class/net/${name}`);

/** The uid a tap belongs to, -1 for root alone; undefined for what is no tap. */
async function ownerOf(name: string): Promise<number | undefined> {
  const text = await readFile(`/sys/class/net/${name}/owner`, "utf8").catch(() => undefined);
  return text === undefined ? undefined : Number(text);
}

/**
 * Makes a tap, or repairs the one of that name: in a bridge, or in none and down (a
 * template's). A run of `ip`, and one of `bridge` for a guest's MAC: 5 ms on a quiet host.
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
    if (!exists(name)) await ipBatch([creation, ...setup]);
    else if ((await ownerOf(name)) === (options.owner ?? -1)) await ipBatch(setup);
    else await ipBatch([`link del dev ${name}`, creation, ...setup]);
    if (bridge !== undefined && options.guestMac !== undefined && !options.awaited)
      await placeMacs([[name, options.guestMac]]);
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

/** Where a tap in use belongs. */
export interface TapPlace extends Pick<TapOptions, "guestMac" | "mtu"> {
  readonly bridge: string;
}

/**
 * After a start of the daemon: the taps in use join their bridges again, which may be new ones; those of
 * this Lodge that nobody uses, left by a daemon that was killed, are removed.
 */
export async function repairTaps(tag: string, used: ReadonlyMap<string, TapPlace>): Promise<void> {
  const devices = await links();
  const ours = devices.filter(({ ifname }) => isOurs(tag, "tap", ifname));
  const there = ours.flatMap(({ ifname, master }) => {
    const place = used.get(ifname);
    return place ? [{ ifname, place, joined: master === place.bridge }] : [];
  });
  await ipBatch(
    there.flatMap(({ ifname, place, joined }) => {
      const setup = tapSetup(ifname, place.bridge, place);
      // What it learns is set again: an earlier Lodge left that to the bridge.
      return joined ? setup.slice(1, 2) : setup;
    }),
  );
  await placeMacs(there.flatMap(({ ifname, place: { guestMac } }) => (guestMac ? [[ifname, guestMac]] : [])));
  await deleteTap(...ours.map(({ ifname }) => ifname).filter((name) => !used.has(name)));
  const taps = new Set([...used.keys()].map(shaperOf));
  const shapers = devices.map(({ ifname }) => ifname).filter((name) => isOurs(tag, "shaper", name));
  await ipBatch(
    shapers.filter((name) => !taps.has(name) && exists(name)).map((name) => `link del dev ${name}`),
  );
}
