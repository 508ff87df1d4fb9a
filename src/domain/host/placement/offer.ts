/**
 * What a host has for guests, as it tells the others: what it is, and what of it is taken by something else than
 * guests. What guests take is not in it: whoever places knows from their records who is where (board.ts), so that a
 * guest counts from the moment it is recorded and not from the moment its host says so.
 */

/** Bytes, a number of processors, bytes: what is promised, as in promise.ts. */
export interface Amount {
  readonly memory: number;
  readonly cpus: number;
  readonly disk: number;
}

export interface OfferedPool {
  readonly name: string;
  /** The same pool is on other hosts by the same name. */
  readonly shared: boolean;
  /** Bytes that can still be written, or promised where it has a quota. */
  readonly free: number;
}

export interface OfferedTemplate {
  readonly id: string;
  /** By `templateKey`. */
  readonly key: string;
  /** Its memory is there; else it is read back first. */
  readonly warm: boolean;
  /** Bytes that its forks have in common there. */
  readonly resident: number;
}

/**
 *   in         guests are placed on it
 *   draining   its guests are on their way elsewhere
 *   drained    they were; nobody is placed on it before it is resumed
 *   gone       it was given up: it lost its lease, or was removed
 */
export type HostState = "in" | "draining" | "drained" | "gone";

export interface HostOffer {
  /** Its id. */
  readonly host: string;
  readonly name: string;
  readonly state: HostState;
  /** Since when it does not answer; milliseconds since the Unix epoch. Absent: it does. */
  readonly silentSince?: number;
  readonly architecture: string;
  readonly accelerator: "kvm" | "tcg";
  readonly machineTypes: readonly string[];
  readonly cpuModels: readonly string[];
  readonly cpuFeatures: readonly string[];
  /** What guests may need of it besides: "uefi", "tpm", "sound", "tablet", "monitors", "memory-plug". */
  readonly features: readonly string[];
  /** Ids of networks that guests cannot be on there: all others are everywhere. */
  readonly lacksNetworks: readonly string[];
  readonly pools: readonly OfferedPool[];
  /** Images by their ids, as far as they need not be copied there first. */
  readonly images: readonly string[];
  readonly templates: readonly OfferedTemplate[];
  readonly labels: Readonly<Record<string, string>>;
  /** "key" or "key=value": guests that do not say that they tolerate it stay away. */
  readonly taints: readonly string[];
  /** What may be promised: what there is times the ratio of over-commitment. */
  readonly limit: Amount;
  /** What is promised to others than guests: templates, volumes, images, what is being made. */
  readonly held: Amount;
  /** Bytes of memory that can be given right now (memory.ts). */
  readonly available: number;
}

/** What has to be equal for a guest to fork from a template, as far as hosts have it in common. */
export const templateKey = (shape: {
  readonly project: string;
  readonly image: string;
  readonly cpus: number;
  readonly memory: number;
}): string => `${shape.project}/${shape.image}/${shape.cpus}/${shape.memory}`;
