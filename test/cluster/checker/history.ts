/** What happened in a run: what guests wrote, what was asked of hosts, what befell them, and what was found at the end. */

/**
 * A record that a guest has on its disk: it says so by its serial port only after the disk has told it that the record is
 * safe. `nonce` is of this record alone, from the host's entropy and not the guest's: a guest that ran twice from the same
 * memory writes two of one number. `prev` is the nonce of the record before, which it read or wrote itself.
 */
export interface Entry {
  readonly seq: number;
  readonly prev: string;
  readonly nonce: string;
  /** Of the guest's kernel: another after each start, the same after a move. */
  readonly boot: string;
}

export interface Acknowledged extends Entry {
  readonly guest: string;
  /** The host whose log of the serial port had it. */
  readonly host: string;
  /** When it was read there, in milliseconds from the run's beginning. */
  readonly at: number;
}

export type Asked =
  | { readonly verb: "create"; readonly ha: boolean }
  | { readonly verb: "delete" | "start" | "stop" }
  | { readonly verb: "set"; readonly value: string }
  | { readonly verb: "snapshot"; readonly name: string }
  | { readonly verb: "move"; readonly to: string };

/**
 * `done`: Lodge said so. `failed`: Lodge said that nothing was changed. `unknown`: no answer came, or one that says neither;
 * it may happen, or have happened, at any time.
 */
export type Outcome = "done" | "failed" | "unknown";

export type Change = Asked & {
  readonly guest: string;
  /** The host that was asked. */
  readonly via: string;
  readonly began: number;
  readonly ended: number;
  readonly outcome: Outcome;
  /** Code of the error. */
  readonly code?: string;
  /** Of a guest that was created: its id, and the host that it is on, where there are several. */
  readonly id?: string;
  readonly on?: string;
};

export interface Fault {
  readonly name: string;
  readonly on: string;
  readonly began: number;
  readonly healed: number;
}

/** A guest as a host lists it. */
export interface Listed {
  readonly name: string;
  readonly id: string;
  readonly host: string;
  readonly state: string;
  readonly value: string;
  readonly snapshots: readonly string[];
}

/** What lies on a guest's disk: all that was acknowledged until then has to be there. */
export interface Disk {
  readonly at: number;
  readonly entries: readonly Entry[];
}

/** After all faults have been healed and everything has come to rest. */
export interface End {
  /** What each host lists. */
  readonly lists: Readonly<Record<string, readonly Listed[]>>;
  /** What lies on each guest's disk, by its name, as the guest reads it after it was started anew. */
  readonly disks: Readonly<Record<string, Disk>>;
  /** Guests that wrote something after all was healed. */
  readonly alive: readonly string[];
  /** What no record speaks of: processes, devices, layers. */
  readonly left: readonly string[];
}

export interface History {
  readonly seed: number;
  readonly minutes: number;
  readonly hosts: number;
  readonly acknowledged: readonly Acknowledged[];
  readonly changes: readonly Change[];
  readonly faults: readonly Fault[];
  /** How often each kind of event was told of by the host to which it happened. */
  readonly events: Readonly<Record<string, number>>;
  readonly end: End;
}

/** A rule that does not hold. */
export interface Violation {
  readonly rule: string;
  readonly guest?: string;
  readonly words: string;
}
