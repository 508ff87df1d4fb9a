/**
 * What a guest's process may reach of the host where it is the network itself, QEMU's user-mode one, and so lives in the
 * host's network namespace: nothing. Told by its user, of which each guest has its own (domain/guest/cell.ts).
 *
 *     it → the outside              everything
 *     it → a name server of the     port 53 of 127.0.0.0/8 and ::1, where such servers listen that pass questions on
 *          host's
 *     it → the host otherwise       answers to whoever came by a published port
 *     it → networks of a Lodge      nothing
 */
import { removalText } from "./rules.ts";
import { nftApply } from "./nft.ts";

interface Users {
  readonly first: number;
  readonly count: number;
}

export const cellsTable = (tag: string): string => `lodge_${tag}_cells`;

/** Input for `nft -f -`. Pure. */
export function cellRulesText(tag: string, { first, count }: Users): string {
  const table = cellsTable(tag);
  return `${removalText(table)}table inet ${table} {
  chain from_cells {
    ct state established,related accept
    ip daddr 127.0.0.0/8 meta l4proto { tcp, udp } th dport 53 accept
    ip6 daddr ::1 meta l4proto { tcp, udp } th dport 53 accept
    oifname { "lo", "ldg*" } reject with icmpx admin-prohibited
  }
  chain output {
    type filter hook output priority filter; policy accept;
    meta skuid ${first}-${first + count - 1} jump from_cells
  }
}
`;
}

/** @throws LodgeError host.command_failed, host.command_missing */
export const closeHostToCells = (tag: string, users: Users): Promise<void> =>
  nftApply(cellRulesText(tag, users));

/** Idempotent. */
export const openHostToCells = (tag: string): Promise<void> => nftApply(removalText(cellsTable(tag)));
