/**
 * Which addresses each port was heard with: the guard notes who speaks in ARP and neighbour discovery, so that a
 * guest's addresses are known without asking it, also on a bridge to somebody else's network.
 */
export interface HeardAddress {
  readonly tap: string;
  readonly address: string;
  /** Seconds since it was heard last. */
  readonly ago: number;
}

/** Seconds after which an address that is not heard any more is forgotten: ARP asks again within minutes. */
export const heardTimeout = 1800;

export const heardSet = (family: 4 | 6): string => `heard${family}`;

export const heardSpec = (family: 4 | 6): string =>
  `type ifname . ipv${family}_addr; size 65535; flags dynamic,timeout; timeout ${heardTimeout}s;`;

/** Statements that note who speaks. */
export const noteArp = `update @${heardSet(4)} { iifname . arp saddr ip }`;
export const noteNd = `update @${heardSet(6)} { iifname . ip6 saddr }`;

/** As `nft -j` tells it. */
export interface ListedSet {
  readonly name: string;
  readonly table: string;
  readonly elem?: readonly {
    readonly elem?: { readonly val?: { readonly concat?: readonly string[] }; readonly expires?: number };
  }[];
}

/** What `nft -j list set` has of it. */
export function parseHeard(sets: readonly ListedSet[]): HeardAddress[] {
  return sets
    .flatMap(({ elem = [] }) => elem)
    .flatMap(({ elem }) => {
      const [tap, address] = elem?.val?.concat ?? [];
      if (tap === undefined || address === undefined) return [];
      return [{ tap, address, ago: heardTimeout - (elem?.expires ?? 0) }];
    })
    .toSorted((a, b) => a.ago - b.ago);
}
