/**
 * What a Lodge's things in the host's network are called.
 *
 * Every Lodge home has its own tag. Each name below has a fixed length for a tag of a given length, so no
 * name of one Lodge can be read as another's, even where one tag begins with the other. What carries such a
 * name is provably ours: the search for orphans rests on nothing else.
 *
 *     bridge   ldg<tag><n>        n: the network's number, one character of base 36; of two, ldg<tag>-<nn>
 *     vlan     lgv<tag><n>        the device that tags a network's frames; n as for the bridge
 *              ldg<tag>-<nn><vvv> the bridge of cards with a tag of their own, vvv in base 36; lgv likewise
 *     tunnel   lgx<tag><n>        the device that takes a network's frames to other hosts; n as for the bridge
 *     tap      l<tag><8 of hash>  at most 15 characters, the kernel's limit
 *     shaper   i<tag><8 of hash>  an ifb, of the tap with the same hash
 *     table    lodge_<tag>_<n>    of nftables' families inet and bridge; likewise lodge_<tag>_<nn>, lodge_<tag>_<nnvvv>
 *     guard    lodge_<tag>        of nftables' family bridge: guard/table.ts
 *     overlay  lodge_<tag>_overlay  of families inet and bridge: overlay/rules.ts
 */
import { createHash } from "node:crypto";

/** Which network: that of the Lodge with this tag, and its number there. */
export interface NetworkKey {
  /** 4 to 6 characters of [a-z0-9], one per Lodge home. */
  readonly tag: string;
  /** Below mostNetworks. */
  readonly index: number;
  /** Of the part of a network whose cards have this VLAN tag of their own. */
  readonly tagged?: number;
}

/** Of one Lodge. */
export const mostNetworks = 36 * 36;

const tagPattern = /^[a-z0-9]{4,6}$/;

function checked({ tag, index, tagged }: NetworkKey): string {
  if (!tagPattern.test(tag)) throw new RangeError(`not a tag: ${tag}`);
  if (!Number.isInteger(index) || index < 0 || index >= mostNetworks)
    throw new RangeError(`not a network: ${index}`);
  if (tagged === undefined) return index.toString(36);
  if (!Number.isInteger(tagged) || tagged < 1 || tagged > 4094) throw new RangeError(`not a tag: ${tagged}`);
  return index.toString(36).padStart(2, "0") + tagged.toString(36).padStart(3, "0");
}

const device = (kind: "ldg" | "lgv" | "lgx", key: NetworkKey): string => {
  const number = checked(key);
  return `${kind}${key.tag}${number.length > 1 ? "-" : ""}${number}`;
};

export const bridgeName = (key: NetworkKey): string => device("ldg", key);

/** The device that gives the frames of a network of kind bridge their VLAN tag. */
export const vlanName = (key: NetworkKey): string => device("lgv", key);

/** The device by which a network's frames go to other hosts. */
export const tunnelName = (key: NetworkKey): string => device("lgx", key);

/** Is this the name of a bridge of some Lodge's? */
export const isBridgeName = (name: string): boolean =>
  /^ldg[a-z0-9]{4,6}([a-z0-9]|-[a-z0-9]{2}|-[a-z0-9]{5})$/.test(name);

export const tableName = (key: NetworkKey): string => `lodge_${key.tag}_${checked(key)}`;

/** The tap of a guest's NIC; the same guest and NIC always give the same name. */
export function tapName(tag: string, guest: string, nic: string): string {
  checked({ tag, index: 0 });
  const hash = createHash("sha256").update(`${guest} ${nic}`).digest();
  let suffix = "";
  for (const byte of hash.subarray(0, 8)) suffix += (byte % 36).toString(36);
  return `l${tag}${suffix}`;
}

/** The device that a tap's traffic from the guest passes where its rate is limited. */
export const shaperOf = (tap: string): string => `i${tap.slice(1)}`;

/**
 * The bridge's own MAC: locally administered, and the same whenever the bridge is made again. Without it a
 * bridge takes its lowest port's, and guests would lose their gateway whenever that changes.
 */
export function bridgeMac(key: NetworkKey): string {
  const hash = createHash("sha256").update(bridgeName(key)).digest();
  const tail = [...hash.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, "0"));
  return ["02", ...tail].join(":");
}

export const overlayTable = (tag: string): string => `lodge_${tag}_overlay`;

export type OwnedKind = "bridge" | "vlan" | "tunnel" | "tap" | "shaper" | "table" | "guard" | "overlay";

/** Is this the name of a thing of that kind that the Lodge with this tag made? */
export function isOurs(tag: string, kind: OwnedKind, name: string): boolean {
  const patterns = {
    bridge: `ldg${tag}([0-9a-z]|-[0-9a-z]{2}|-[0-9a-z]{5})`,
    vlan: `lgv${tag}([0-9a-z]|-[0-9a-z]{2}|-[0-9a-z]{5})`,
    tunnel: `lgx${tag}([0-9a-z]|-[0-9a-z]{2})`,
    tap: `l${tag}[0-9a-z]{8}`,
    shaper: `i${tag}[0-9a-z]{8}`,
    table: `lodge_${tag}_([0-9a-z]{1,2}|[0-9a-z]{5})`,
    guard: `lodge_${tag}`,
    overlay: overlayTable(tag),
  };
  return tagPattern.test(tag) && new RegExp(`^${patterns[kind]}$`).test(name);
}
