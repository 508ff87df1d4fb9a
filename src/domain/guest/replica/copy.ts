/**
 * copies/GUEST, at the host that keeps a replica: what it has of it, and whether it was left in order. Its own record: the guest's is
 * its host's (record.ts), and says which of what is here is whole.
 *
 *   prepared ── files come ──► open ──────────────────► closed ──► open …
 *                               │ the process that wrote is gone by itself
 *                               └──► torn ──► prepared anew
 *
 * "open" is written before the process begins that writes, and "closed" once it has ended in order: whatever else happened is torn.
 */
import type { Store } from "#durable/store/store";
import type { Written } from "./record.ts";

export interface CopyRecord {
  readonly guest: string;
  /** Id of the host that the guest is on. */
  readonly from: string;
  /** The latest that was opened, or closed: none up to this is opened any more. */
  readonly epoch: number;
  readonly state: "prepared" | "open" | "closed" | "torn";
  /** What is written to, or was last. */
  readonly tops: Written;
  /** Bytes of the guest's disks. */
  readonly sizes: Readonly<Record<string, number>>;
  /** All layers that are here for it: nobody's garbage. */
  readonly layers: readonly string[];
  /** Those of them whose files are not all here yet. */
  readonly pending: readonly string[];
}

export const copyPrefix = "copies/";
export const copyKey = (guest: string): string => copyPrefix + guest;

export const listCopies = async (store: Store): Promise<CopyRecord[]> =>
  (await store.list(copyPrefix)).items.map(({ value }) => value as CopyRecord);
