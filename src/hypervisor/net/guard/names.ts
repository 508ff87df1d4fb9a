/** What things in the guard's table are called. */
import { createHash } from "node:crypto";

/** Of nftables' family bridge: one for each Lodge. */
export const guardTable = (tag: string): string => `lodge_${tag}`;

/** Something of any name, as a part of nft's names. */
export const hashed = (name: string): string => createHash("sha256").update(name).digest("hex").slice(0, 10);

export const peerSet = (family: 4 | 6, peer: string): string => `peer${family}_${hashed(peer)}`;
export const groupChain = (group: string, direction: "in" | "out"): string => `group_${group}_${direction}`;
export const realmName = (realm: string): string => `realm_${hashed(realm)}`;

/** A port's sets of who spoke first: `in` from the other end, `out` from the guest. */
export const flowSet = (direction: "in" | "out", family: 4 | 6, tap: string): string =>
  `${direction}${family}_${tap}`;
/** The same of protocols without ports. */
export const talkSet = (direction: "in" | "out", family: 4 | 6, tap: string): string =>
  `${direction}${family}t_${tap}`;

/** A port's flows that were begun from outside and are not allowed any more. */
export const endedSet = (family: 4 | 6, tap: string): string => `ended${family}_${tap}`;

export const refusedCounter = ({ tap }: { readonly tap: string }): string => `refused_${tap}`;
export const deniedCounter = ({ tap }: { readonly tap: string }): string => `denied_${tap}`;
