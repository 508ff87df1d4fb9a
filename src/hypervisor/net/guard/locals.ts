/**
 * Link-local IPv6 addresses that guests choose themselves: stable ones that no MAC tells (RFC 7217), as Windows and
 * NetworkManager make them. Nobody can know them before, so the first in a network that asks whether one is free, or
 * sends from it, has it; from then on it is another's for everybody else.
 *
 *     asks, or sends     it is its own            ──► goes on to be
 *                        a known guest's, a server's, or taken ──► refused
 *                        else                     ──► its own, where it has room for one more
 *
 * What belongs to a MAC, or was given, can't be taken, whether its owner was heard or not.
 */
import { hashed, refusedCounter } from "./names.ts";
import type { PortPlan } from "./plan.ts";

/** A port that may choose. */
export type ChoosingPort = Pick<PortPlan, "tap"> & { readonly link: string };
export const mayChoose = (port: PortPlan): port is PortPlan & ChoosingPort => port.link !== undefined;

/**
 * The source of a packet, and the address that ND speaks of. They are looked up in the same sets, and not every nft has a
 * name for the second: so both, and the sets, are bytes at a place.
 */
export const sourceOf6 = "@nh,64,128";
export const targetOf6 = "@th,64,128";
const kind = `typeof ${sourceOf6}`;

/** So many at once: whoever makes up more shuts out itself alone. */
const most = 8;

/** A day without a word, and it is free again. */
const kept = "1d";

/** Of a port: those that it took. */
export const localSet = ({ tap }: Pick<PortPlan, "tap">): string => `local_${tap}`;
export const localSpec = `${kind}; size ${most}; flags dynamic,timeout; timeout ${kept};`;

/** What belongs to a MAC, was given, or is a server's. */
export const knownSet = "known6";
export const knownSpec = `${kind};`;

/** Of a link: all that somebody took. */
export const takenSet = ({ link }: Pick<ChoosingPort, "link">): string => `taken_${hashed(link)}`;
export const takenSpec = `${kind}; size 65535; flags dynamic,timeout; timeout ${kept};`;

/** Chains that return where the address is the port's own by then. */
export function localChains(port: ChoosingPort): Readonly<Record<string, readonly string[]>> {
  const refuse = `counter name ${refusedCounter(port)} drop`;
  const [mine, taken] = [`@${localSet(port)}`, `@${takenSet(port)}`];
  const judge = (address: string) => [
    `${address} ${mine} update ${mine} { ${address} } update ${taken} { ${address} } return`,
    `${address} @${knownSet} ${refuse}`,
    `${address} ${taken} ${refuse}`,
    `add ${mine} { ${address} } add ${taken} { ${address} } return`,
    refuse,
  ];
  return { [`takes_${port.tap}`]: judge(sourceOf6), [`asks_${port.tap}`]: judge(targetOf6) };
}

/** The chain of ports on a link whose pin was lifted: what a guest that is a router calls itself is no other's to take. */
export const liftedChain = ({ link }: ChoosingPort): string => `lifted_${hashed(link)}`;
export const liftedRules = (port: ChoosingPort): string[] => [
  `ip6 saddr fe80::/10 icmpv6 type { 134-136 } limit rate 10/second update @${takenSet(port)} { ${sourceOf6} timeout 30m }`,
  "jump lifted",
];
