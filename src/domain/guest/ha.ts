/**
 * Highly available guests: another host starts them when theirs dies. Which can be, and what a host keeps to for them.
 *
 * A lease alone does not keep a host that was paused and wakes from writing. So each of a guest's disks has to be where whoever takes
 * it over can have the old host refused first (domain/cluster/failover): in Ceph, which blocks its client; mirrored to a second
 * host, which closes what it exports; or in a pool that several hosts share, where a fence device says that the host is off.
 */
import { LodgeError } from "#contract/errors";
import type { PoolKind } from "#contract/schema/pool";
import type { Store } from "#durable/store/store";
import type { Holds } from "../host/holds.ts";
import { chainOf, type Layer } from "../volume/layer.ts";
import { listPools, poolOf } from "../volume/pool.ts";
import type { LiveGuest } from "./live.ts";
import { markOf, type Places } from "./place.ts";
import { writtenLayers, nvramId, type GuestRecord } from "./record.ts";

/** What a member of a cluster has for its highly available guests. */
export interface Safeguards {
  readonly holds: Pick<Holds, "admit" | "know" | "release">;
  /** Is there something that switches this host off from outside, and says so? */
  readonly hasFenceDevice: () => Promise<boolean>;
}

export interface AvailableParts {
  readonly store: Store;
  readonly places: Places;
  readonly safeguards?: Safeguards;
}

/**
 * @param made layers of it that are in no store yet
 * @throws LodgeError guest.ha_impossible, naming what is in the way and what would help
 */
export async function requireAvailable(
  parts: AvailableParts,
  record: GuestRecord,
  made: readonly Layer[] = [],
): Promise<void> {
  const { safeguards } = parts;
  const refuse = (reason: string, fix: string) =>
    new LodgeError("guest.ha_impossible", { guest: record.name, reason, fix });
  if (!safeguards)
    throw refuse("this host is in no cluster", "let it join one, or make one of it and others");
  const tied = whatTies(record);
  if (tied) throw refuse(...tied);
  for (const [disk, layer] of Object.entries(writtenLayers(record))) {
    const kind = await kindUnder(parts, layer, made);
    if (kind === "rbd") continue;
    if (kind !== "shared" && record.replica) {
      if (record.replica.state === "in-sync") continue;
      throw refuse(
        `its replica on ${record.replica.host} is not in sync`,
        `wait until it is: 'lodge replica ls' shows that`,
      );
    }
    if (kind !== "shared" && disk === nvramId)
      throw refuse("its UEFI variables lie on this host alone", "make a guest with --firmware bios");
    if (kind !== "shared")
      throw refuse(
        `its disk ${disk} lies on this host alone`,
        made.length > 0
          ? "put it into a pool of kind shared or rbd with --pool"
          : `keep a replica of it on a second host with 'lodge replica set ${record.name}', or move it to a pool of kind shared or rbd with 'lodge volume move ${record.name}:${disk} POOL'`,
      );
    if (!(await safeguards.hasFenceDevice()))
      throw refuse(
        `its disk ${disk} is in a pool whose storage cannot refuse a host that is lost, and this host has no fence device`,
        "set one with 'lodge fence set', or use a pool of kind rbd",
      );
  }
}

/**
 * Nothing of a highly available guest comes to lie on one host alone without its owner's giving that up first.
 *
 * @param kind of the pool in which something of it is to be; undefined: in none
 * @throws LodgeError guest.ha_impossible
 */
export function requireStaysAvailable(
  { name, ha, replica }: GuestRecord,
  kind: PoolKind | undefined,
  what: string,
): void {
  // Its replica follows.
  if (!ha || replica || kind === "shared" || kind === "rbd") return;
  const fix = `make it available no more first with 'lodge set ${name} --ha off'`;
  throw new LodgeError("guest.ha_impossible", {
    guest: name,
    reason: `${what} would be on this host alone`,
    fix,
  });
}

/** What stands on an image of Ceph's is on the host. @throws LodgeError guest.ha_impossible */
export async function requireNoLayers(parts: AvailableParts, record: GuestRecord): Promise<void> {
  if (!record.ha) return;
  for (const layer of Object.values(writtenLayers(record)))
    if ((await kindUnder(parts, layer)) === "rbd")
      requireStaysAvailable(record, undefined, "what it writes from then on");
}

/** What of it is this host's and can be nowhere else, with what would help. */
export function whatTies({
  name,
  shares,
  devices,
  machine,
  removeWhenStopped,
}: GuestRecord): [string, string] | undefined {
  if (shares) return ["it sees folders of this host", `take them away with 'lodge share rm ${name}'`];
  if (devices) return ["it has devices of this host", `take them away with 'lodge device detach ${name}'`];
  if (machine.tpm) return ["its TPM's state lies on this host alone", "make a guest without --tpm"];
  if (removeWhenStopped) return ["it is removed when it stops", "make it without --rm"];
  return undefined;
}

/** Of the pools in which a disk's own files are: the one that has least to offer, where they are in several. */
export async function kindUnder(
  { store, places }: AvailableParts,
  top: string,
  made: readonly Layer[] = [],
): Promise<PoolKind> {
  const kinds = new Map((await listPools(store, places.layers)).map(({ name, kind }) => [name, kind]));
  const own = made.find(({ id }) => id === top);
  const stored = own ? own.below : top;
  const chain = [...(own ? [own] : []), ...(stored === undefined ? [] : await chainOf(store, stored))];
  const byId = new Map(chain.map((layer) => [layer.id, layer]));
  const found = chain.map((layer) => kinds.get(poolOf(layer, byId, kinds)) ?? "directory");
  return (
    found.find((kind) => kind !== "shared" && kind !== "rbd") ??
    found.find((kind) => kind === "shared") ??
    "rbd"
  );
}

/** Has the fence watch a guest that runs already. @throws LodgeError guest.not_held */
export async function holdLive(
  { safeguards, places }: Pick<AvailableParts, "safeguards" | "places">,
  record: GuestRecord,
  { process }: Pick<LiveGuest, "process">,
): Promise<void> {
  const mark = markOf(places, record.id);
  await safeguards?.holds.admit(record, mark);
  await safeguards?.holds.know(record, mark, process);
}
