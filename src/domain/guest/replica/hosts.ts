/** The other hosts, as those that may keep copies of this one's guests. Each call fails with cluster.host_unreachable where it does not answer. */
import type { Duplex } from "node:stream";
import type { PeerReplicaCopy } from "#contract/schema/replica";
import type { Cargo } from "../migrate/cargo.ts";
import type { Prospect } from "../migrate/destination.ts";
import type { Opening, Written } from "./record.ts";

export interface CopyHost {
  readonly id: string;
  readonly name: string;
  /** What stands in the way of a guest's running there. */
  look(cargo: Cargo, signal: AbortSignal): Promise<Prospect>;
  /** @returns names of the files that are to be sent */
  prepare(
    guest: string,
    order: { readonly epoch: number; readonly cargo: Cargo },
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** @throws LodgeError replica.cut */
  open(
    guest: string,
    order: { readonly epoch: number; readonly how: Opening; readonly tops: Written },
    signal: AbortSignal,
  ): Promise<PeerReplicaCopy>;
  keep(
    guest: string,
    order: { readonly epoch: number; readonly tops: Written },
    signal: AbortSignal,
  ): Promise<unknown>;
  close(guest: string, epoch: number, signal: AbortSignal): Promise<PeerReplicaCopy>;
  drop(guest: string, signal: AbortSignal): Promise<unknown>;
  connect(guest: string, end: string, signal: AbortSignal): Promise<Duplex>;
}

export interface CopyHosts {
  /** This host's id. */
  readonly self: string;
  /** By name or id. @throws LodgeError cluster.host_not_found */
  find(ref: string): CopyHost;
}
