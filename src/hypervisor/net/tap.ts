/**
 * Taps: the host's end of a guest's NIC. QEMU opens one by its name
 * (`-netdev tap,id=nic0,ifname=NAME,script=no,downscript=no`), as root or as the user who owns it, at any
 * time after it was made; it may lie ready before the guest exists.
 */
import { hasCode } from "#contract/errors";
import { ipBatch, ipJson, type Link } from "./ip.ts";

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

/** Input for `ip -batch -` that puts a tap into its bridge. */
export function tapSetup(name: string, bridge: string, { mac, mtu }: TapOptions): string {
  const address = mac === undefined ? "" : ` address ${mac}`;
  return `link set dev ${name}${address} mtu ${mtu ?? 1500} master ${bridge} addrgenmode none up`;
}

async function findTap(name: string): Promise<Link | undefined> {
  try {
    return (await ipJson<Link>("link", "show", "dev", name))[0];
  } catch (error) {
    if (hasCode(error, "host.command_failed")) return undefined;
    throw error;
  }
}

/**
 * Makes a tap in a bridge, or repairs the one of that name. About 4 ms.
 *
 * @throws LodgeError host.command_failed, with no tap left behind.
 */
export async function createTap(name: string, bridge: string, options: TapOptions = {}): Promise<void> {
  const commands = [tapCreation(name, options), tapSetup(name, bridge, options)];
  try {
    await ipBatch(commands);
  } catch (error) {
    const found = await findTap(name);
    if (!found) throw error;
    const user = found.linkinfo?.info_data?.user;
    const reusable =
      found.linkinfo?.info_kind === "tun" && String(user ?? "") === String(options.owner ?? "");
    if (!reusable) await deleteTap(name);
    try {
      await ipBatch(reusable ? commands.slice(1) : commands);
    } catch (second) {
      await deleteTap(name);
      throw second;
    }
  }
}

/** Removes taps, those that QEMU still holds too; a name that is not there is no error. */
export async function deleteTap(...names: string[]): Promise<void> {
  try {
    await ipBatch(names.map((name) => `link del dev ${name}`));
  } catch (error) {
    if (!hasCode(error, "host.command_failed")) throw error;
    for (const name of names) if (await findTap(name)) await ipBatch([`link del dev ${name}`]);
  }
}
