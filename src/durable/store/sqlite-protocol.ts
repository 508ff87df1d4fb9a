/**
 * What the store's main thread and its worker say to each other.
 *
 *   main                                worker
 *    | -- {id, call: [...]} -----------> |  takes all requests that wait, in their order,
 *    | -- {id, call: [...]} -----------> |  as one SQLite transaction: one flush of the disk for all
 *    | <-- {batches, replies} ---------- |  after the commit; never before
 *
 * Requests are answered in their order, and the news of a commit comes with the answers to what made it.
 */
import type { Problem } from "#contract/errors";
import type { EncodedItem, EncodedTransaction } from "./encode.ts";
import type { EncodedBatch } from "./watch-hub.ts";

/** The first message's data: what to open. */
export interface OpenData {
  readonly path: string;
  /** Revisions kept for watches that resume. */
  readonly history: number;
}

export interface EncodedListing {
  readonly items: readonly EncodedItem[];
  readonly number: number;
  readonly more: boolean;
}

export interface History {
  readonly number: number;
  readonly batches: readonly EncodedBatch[];
}

export interface Opened {
  readonly epoch: string;
  readonly leases: readonly { readonly id: string; readonly seconds: number }[];
}

/** Each call with its arguments and answer. */
export interface Calls {
  open(): Opened;
  get(key: string): EncodedItem | undefined;
  list(prefix: string, after: string, limit: number): EncodedListing;
  transact(transaction: EncodedTransaction): number;
  /** The batches after `from`; null: begin now. */
  history(prefix: string, from: number | null): History;
  grantLease(id: string, seconds: number): void;
  endLease(id: string): void;
  backup(path: string): void;
  compact(before: number): void;
  close(): void;
}

export type CallName = keyof Calls;

export interface Request<Name extends CallName = CallName> {
  readonly id: number;
  readonly name: Name;
  readonly args: Parameters<Calls[Name]>;
}

export type Reply = { readonly id: number } & ({ readonly value: unknown } | { readonly problem: Problem });

export interface Answer {
  readonly batches: readonly EncodedBatch[];
  readonly replies: readonly Reply[];
}
