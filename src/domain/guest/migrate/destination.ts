/** What a move asks of the host that its guest goes to, and how it gets there. */
import type { Duplex } from "node:stream";
import type { Cargo } from "./cargo.ts";
import type { Blocker } from "./preflight.ts";

/** A connection of a move, by what goes through it. */
export type Lane =
  | { readonly kind: "talk" }
  | { readonly kind: "memory" }
  | { readonly kind: "disks" }
  /** By its place among those that the target has asked for. */
  | { readonly kind: "file"; readonly at: number };

/** What is asked for when a move begins. */
export interface Order {
  /** Its id, of the operation at the source. */
  readonly move: string;
  readonly cargo: Cargo;
}

export interface Prospect {
  readonly blockers: readonly Blocker[];
  /** Bytes that would have to be copied at most, besides memory. */
  readonly bytes: number;
  /** Ids of layers that it would take where they are; absent: its version copies all of them. */
  readonly inPlace?: readonly string[];
}

/** Each call fails with cluster.host_unreachable where it does not answer. */
export interface Destination {
  readonly id: string;
  readonly name: string;
  /** The IP address at which it is found. */
  readonly address: string;
  look(cargo: Cargo, signal: AbortSignal): Promise<Prospect>;
  /** Resolves once it has begun to prepare. */
  begin(order: Order, signal: AbortSignal): Promise<void>;
  connect(move: string, lane: Lane, signal: AbortSignal): Promise<Duplex>;
}

/** The hosts that a guest can go to. */
export interface Destinations {
  /** This host's id. */
  readonly self: string;
  /** By name or id. @throws LodgeError cluster.host_not_found */
  find(ref: string): Destination;
}

/** A lane as the last part of a tunnel's name, and back. */
export const laneName = (lane: Lane): string => (lane.kind === "file" ? `file-${lane.at}` : lane.kind);

export function laneOf(name: string): Lane | undefined {
  if (name === "talk" || name === "memory" || name === "disks") return { kind: name };
  const [, at] = /^file-(\d{1,6})$/.exec(name) ?? [];
  return at === undefined ? undefined : { kind: "file", at: Number(at) };
}
