/** What a daemon is asked for, and what it is to whoever started it. */
import type { HomePaths } from "#base/home";

export interface DaemonOptions {
  readonly home: string;
  /** Each "HOST:PORT"; without any only the unix socket. Under TLS, but on loopback. */
  readonly listen?: readonly string[];
  /** Names and addresses besides the host's own that it answers to over TCP. */
  readonly names?: readonly string[];
  /** Guests' processes run as the daemon's own, in no cells: for guests that are trusted with the host. */
  readonly withoutCells?: boolean;
  /** The user's own certificate and key. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

/** Why a daemon ends. "anew": another is to begin in its place, in the same process. */
export type Ending = "asked" | "fenced" | "anew";

export interface Daemon {
  readonly paths: HomePaths;
  /**
   * Resolves when it has been told to stop, by a signal or a request; "fenced": another host took this one's guests over, or it
   * is no member any more. A daemon that starts afterwards has what was left to it.
   */
  readonly stopped: Promise<Ending>;
  stop(): Promise<void>;
}
