/** Who a request is from, and by which door it came. */
import type { Actor, Origin } from "#domain/access/actor";
import type { Asker } from "./asker-header.ts";

/** One place where the server listens. */
export interface Listener {
  /** Whoever gets here has the host: the unix socket. */
  readonly trusted: boolean;
  readonly secure: boolean;
  /** For other hosts of the cluster alone. */
  readonly peer?: true;
  /** For hosts from outside alone that bring a guest. */
  readonly visitors?: true;
}

/** Who a request is from. */
export interface Caller {
  /** Nobody, where neither a token nor a session was shown. */
  readonly actor: Actor | undefined;
  /** The member of the cluster that asks, for itself or for the actor. */
  readonly peer?: Peer;
  /** The host from outside that brings a guest. */
  readonly visitor?: Visitor;
  /** For whom another host asks. */
  readonly asker?: Asker;
  readonly origin: Origin;
  readonly listener: Listener;
  /** What can be asked again whether it still holds. */
  readonly secret?: string;
}

/** Another host of the cluster. */
export interface Peer {
  readonly id: string;
  readonly name: string;
}

/** A host from outside, by the certificate that it shows. */
export interface Visitor {
  /** SHA-256, in hexadecimal with colons. */
  readonly fingerprint: string;
}
