/**
 * What receive.ts and its thread tell each other.
 *
 *   receive.ts ── ReceiveData at its start ──► thread
 *              ◄── listening, then received or failed ──
 */
export interface ReceiveData {
  /** The unix socket to listen at, for one connection. */
  readonly socket: string;
  /** Descriptor of the RAM file: empty, open for writing, closed by whoever opened it. */
  readonly ram: number;
  readonly ramBytes: number;
  /** QEMU's name of the RAM. */
  readonly block: string;
  /** Gets everything else. */
  readonly stateFile: string;
}

export type ReceiveReport =
  | { readonly kind: "listening" }
  | { readonly kind: "received"; readonly pages: number }
  | {
      readonly kind: "failed";
      /** Was the stream wrong, is the disk full, or is it something that nobody thought of? */
      readonly why: "stream" | "space" | "unknown";
      readonly detail: string;
    };
