/** The sockets of a guest that other hosts are led to. */
import type { Duplex } from "node:stream";

export type End = "display" | "console" | "agent" | "desktop";

/**
 * Undefined: it is on no host any more.
 * @throws LodgeError cluster.host_unreachable, cluster.tunnel_refused where it is not to be reached at this moment
 */
export type FarEnd = (guest: string, end: End, signal: AbortSignal) => Promise<Duplex | undefined>;
