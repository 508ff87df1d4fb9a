/**
 * The store: where everything that must survive a crash is kept. Keys with values and revisions,
 * transactions that compare before they change, watches that miss nothing, leases.
 *
 * Keys are paths of printable ASCII ("guests/g0123456789"), ordered by their bytes. Values are what
 * JSON can hold. Every transaction that changes something gets the next revision; a revision's number
 * means something only within its epoch, which changes when a backup is restored or the state moves
 * to another store.
 *
 * Mutual exclusion and atomicity are promised; that two reads see the same moment is not, unless they
 * are one `list`. A list followed by a watch from its revision misses nothing and repeats nothing.
 */

export interface Revision {
  readonly epoch: string;
  readonly number: number;
}

/** A key with its value at one moment. */
export interface Item {
  readonly key: string;
  readonly value: unknown;
  /** Number of the revision that last changed it. */
  readonly revision: number;
  /** Number of the revision that created it (again, if it was deleted before). */
  readonly created: number;
  readonly lease?: string;
}

export interface Listing {
  /** Ordered by key. */
  readonly items: readonly Item[];
  /** The store's revision at which this listing was true. */
  readonly revision: Revision;
  /** Were there more items than the limit? */
  readonly more: boolean;
}

export interface ListOptions {
  /** At most this many items. */
  readonly limit?: number;
  /** Begin after this key. */
  readonly after?: string;
}

export interface Compare {
  readonly key: string;
  /** The key's revision must be this; "absent": there must be no such key. */
  readonly revision: number | "absent";
}

export interface Put {
  readonly key: string;
  readonly value: unknown;
  /** The key is deleted when this lease ends. Without one, an earlier lease of the key lets go of it. */
  readonly lease?: string;
}

/** All of it happens, or nothing. A key may be changed only once in a transaction. */
export interface Transaction {
  readonly compare?: readonly Compare[];
  readonly put?: readonly Put[];
  /** Keys; one that does not exist is no error. */
  readonly delete?: readonly string[];
}

export interface StoreEvent {
  readonly type: "put" | "delete";
  readonly key: string;
  /** The new value; of a delete: undefined. */
  readonly value: unknown;
  /** The value before; undefined where there was none. */
  readonly previous: unknown;
}

/** What one transaction changed below the watched prefix. */
export interface WatchBatch {
  readonly revision: Revision;
  readonly events: readonly StoreEvent[];
}

export interface WatchOptions {
  /**
   * Begin with what came after this revision. Without it: with what comes after this call; of what another process
   * changes at that moment nobody can say which it is.
   */
  readonly from?: Revision;
  /** Ends the watch; the iteration then ends without an error. */
  readonly signal: AbortSignal;
}

/** Operations (compares, puts and deletes together) that one transaction may hold. */
export const maxOperations = 128;
/** Bytes of keys and values that one transaction may hold. */
export const maxBytes = 1024 * 1024;

/** What may be read of one, without a place in its history. */
export type ReadStore = Pick<Store, "get" | "list">;

/** Any call may fail with store.unavailable; a full disk is host.no_space, and then nothing was changed. */
export interface Store {
  get(key: string): Promise<Item | undefined>;

  /** All items whose key begins with `prefix`. */
  list(prefix: string, options?: ListOptions): Promise<Listing>;

  /**
   * Resolves when the change is on disk. One that changes nothing gets the current revision.
   *
   * @throws LodgeError store.conflict, store.too_large, store.lease_lost; store.unsettled: it may have been made, and the
   *   next read that succeeds tells. After every other error it was not made, and never will be.
   */
  transact(transaction: Transaction): Promise<Revision>;

  /**
   * Begins at once, not at the first iteration. The iteration fails with store.compacted when the history
   * since `from` is no longer kept, `from` is of another epoch, or the reader is too slow: then list again.
   */
  watch(prefix: string, options: WatchOptions): AsyncIterable<WatchBatch>;

  /** A new lease. It ends `seconds` after it was granted or last kept alive; restarts count in its favour. */
  grantLease(seconds: number): Promise<string>;
  /** @throws LodgeError store.lease_lost. */
  keepAlive(lease: string): Promise<void>;
  /** Ends a lease now: its keys are deleted. One that has already ended is no error. */
  revokeLease(lease: string): Promise<void>;

  /** Writes a consistent copy to a file that does not exist yet, readable only by its owner. */
  backup(path: string): Promise<void>;

  /** Forgets history: afterwards a watch can begin from `before` or later. */
  compact(before: number): Promise<void>;

  /** Ends watches without an error; calls that come after it fail. */
  close(): Promise<void>;
}
