/** What the guard of this Lodge's bridges is told: who is at which port, and what each may. */

/** A guest's NIC, as the bridge knows it: the port that its tap is. */
export interface PortPlan {
  readonly tap: string;
  /** The one MAC that it may send from. */
  readonly mac: string;
  /**
   * IPv4 and IPv6 addresses that it may send from, besides its link-local one. Undefined where nobody here gives
   * it any, as on a bridge to the host's own network: then its MAC alone is pinned.
   */
  readonly addresses: readonly string[] | undefined;
  /** False where somebody lifted the pin: it may send whatever it likes, but to its own realm only. */
  readonly pinned: boolean;
  /** Ports see frames of their own realm's alone, whichever bridge they are on: a project. */
  readonly realm: string;
  /** It sees no other guest's frames at all, nor packets that the host hands on from one. */
  readonly apart: boolean;
  /** The host's own addresses in its network, which answer DNS and may ping it. */
  readonly gateways: readonly string[];
  /**
   * The link on which it may take link-local IPv6 addresses that no MAC tells: see locals.ts. Absent where it may not, as
   * where somebody else is a router.
   */
  readonly link?: string;
  /** Ids of the groups whose rules hold for it; with none, all that its network allows. */
  readonly groups: readonly string[];
}

export type Direction = "in" | "out";

/** Who is at the other end: one of the plan's peers by id, or a literal subnet. */
export type PeerRef = { readonly peer: string } | { readonly cidr: string };

export interface RulePlan {
  /** Letters and digits. */
  readonly id: string;
  readonly direction: Direction;
  readonly protocol: "any" | "tcp" | "udp" | "icmp";
  /** Of whoever is connected to, as "22" or "8000-8100"; empty for all. */
  readonly ports: readonly string[];
  /** Absent: everybody. */
  readonly peer?: PeerRef;
  readonly log: boolean;
}

export interface GroupPlan {
  /** Letters and digits. */
  readonly id: string;
  readonly rules: readonly RulePlan[];
}

/** Addresses that rules speak of together: a guest's, a group's members', a network's subnets. */
export interface PeerPlan {
  readonly id: string;
  /** Addresses, or subnets that do not overlap. */
  readonly members: readonly string[];
}

export interface GuardPlan {
  readonly tag: string;
  readonly ports: readonly PortPlan[];
  readonly groups: readonly GroupPlan[];
  readonly peers: readonly PeerPlan[];
  /** Addresses of guests on other hosts. */
  readonly neighbours?: readonly string[];
}
