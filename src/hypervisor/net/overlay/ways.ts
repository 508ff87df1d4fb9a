/**
 * Flows that go through another host than the one where their guest is: it translates their addresses, because they began
 * there (a guest moved away from it), or came in there (a port that it publishes). Pure.
 *
 *     frame of another host's own, to a guest here   notes the flow, by whose frame it was
 *     frame of a guest here to its gateway           a noted flow's goes to that host's gateway instead
 *
 * The bridge does it, by the frame's MAC alone. So this host's own conntrack never sees such a flow, and the other one's
 * goes on with it as if the guest were there. It holds for as long as conntrack would keep it, and ends with the flow.
 * Each host has sets of its own, and they are filled by packets; those of a guest that comes are put in before: see
 * carried.ts.
 */
import { hostMac, hostName, type OverlayHost } from "./plan.ts";

export type Family = 4 | 6;
export const families: readonly Family[] = [4, 6];

/** Of tuples: guest, other end, protocol, guest's port, other end's port. */
export const waySet = (family: Family, host: string): string => `way${family}_${hostName(host)}`;
/** Of pings: guest, who asks, the question's number. */
export const echoSet = (family: Family, host: string): string => `echo${family}_${hostName(host)}`;

const ip = (family: Family): string => (family === 4 ? "ip" : "ip6");
const echo = (family: Family): string => (family === 4 ? "icmp" : "icmpv6");

const waySpec = (family: Family): string =>
  `type ipv${family}_addr . ipv${family}_addr . inet_proto . inet_service . inet_service; size 65536; flags dynamic,timeout; timeout 2m;`;
const echoSpec = (family: Family): string =>
  `typeof ${ip(family)} saddr . ${ip(family)} daddr . ${echo(family)} id; size 16384; flags dynamic,timeout; timeout 30s;`;

/** Seconds for which conntrack keeps a connection in which nothing is said: nf_conntrack_tcp_timeout_established. */
export const longest = 432_000;

const guestFirst = (family: Family, from: "guest" | "host"): string =>
  from === "guest"
    ? `${ip(family)} saddr . ${ip(family)} daddr . meta l4proto . th sport . th dport`
    : `${ip(family)} daddr . ${ip(family)} saddr . meta l4proto . th dport . th sport`;

/** Keeps a flow for as long as its last packet says. */
const keeps = (set: string, key: string, known: boolean): string[] => {
  const keep = (timeout: string) => `update ${set} { ${key} timeout ${timeout} }`;
  const is = known ? `${key} ${set} ` : "";
  return [
    `tcp flags & (fin | rst) != 0 ${is}${keep("2m")}`,
    `tcp flags & psh != 0 tcp flags & (fin | rst) == 0 ${is}${keep(`${longest}s`)}`,
    `meta l4proto { udp, sctp, dccp, udplite } ${is}${keep("3m")}`,
  ];
};

/** What other hosts' sets are, by name. */
export const waySets = (others: readonly OverlayHost[]): ReadonlyMap<string, string> =>
  new Map(
    others.flatMap(({ id }) =>
      families.flatMap((family) => [
        [waySet(family, id), waySpec(family)] as const,
        [echoSet(family, id), echoSpec(family)] as const,
      ]),
    ),
  );

/** Chains `noted_HOST`, for frames of that host's own, and `ways`, for those of guests to their gateway. */
export function wayChains(others: readonly OverlayHost[]): Readonly<Record<string, readonly string[]>> {
  const noted = others.map(({ id }): [string, readonly string[]] => [
    `noted_${hostName(id)}`,
    families.flatMap((family) => {
      const set = `@${waySet(family, id)}`;
      const key = guestFirst(family, "host");
      return [
        ...keeps(set, key, false),
        // A connection's first packet; one that only acknowledges says nothing of how long.
        `meta l4proto tcp ${key} ${set} return`,
        `meta l4proto tcp add ${set} { ${key} }`,
        `${echo(family)} type echo-request update @${echoSet(family, id)} { ${ip(family)} daddr . ${ip(family)} saddr . ${echo(family)} id }`,
      ];
    }),
  ]);
  const ways = others.flatMap(({ id }) =>
    families.flatMap((family) => {
      const set = `@${waySet(family, id)}`;
      const key = guestFirst(family, "guest");
      return [
        `${key} ${set} jump by${family}_${hostName(id)}`,
        `${echo(family)} type echo-reply ${ip(family)} saddr . ${ip(family)} daddr . ${echo(family)} id @${echoSet(family, id)} ether daddr set ${hostMac(id)} accept`,
      ];
    }),
  );
  const by = others.flatMap(({ id }) =>
    families.map((family): [string, readonly string[]] => [
      `by${family}_${hostName(id)}`,
      [
        ...keeps(`@${waySet(family, id)}`, guestFirst(family, "guest"), false),
        `ether daddr set ${hostMac(id)} accept`,
      ],
    ]),
  );
  return Object.fromEntries([...noted, ...by, ["ways", ways]]);
}
