/** Starts a guest whose host is lost by what its replica has, since a person says so. */
import { LodgeError } from "#contract/errors";
import type { ReplicaPromote, ReplicaPromoted } from "#contract/schema/replica";
import { locate } from "#durable/store/partition";
import { guestPrefix, type GuestRecord } from "../../guest/record.ts";
import type { Kept } from "../../guest/replica/record.ts";
import type { FenceDevices } from "../fence/devices.ts";
import { takeOverKey } from "../../member/record.ts";
import { belongingsOf } from "./belongings.ts";
import { takenOver } from "./order.ts";
import { claim, type LostHost, type TakeOverParts } from "./take-over.ts";
import { requireInSync, startFrom } from "./take-over-replica.ts";

export interface PromoteParts extends Pick<
  TakeOverParts,
  "store" | "host" | "now" | "events" | "beatKey" | "nameOf"
> {
  readonly fences: Pick<FenceDevices, "switchOff">;
  readonly closeReplica: (host: string, guest: string, epoch: number) => Promise<Kept>;
}

/**
 * @throws LodgeError guest.not_found, replica.none, replica.host_lives, replica.behind, replica.nothing_whole, failover.not_refused,
 *   cluster.host_unreachable
 */
export async function promote(
  parts: PromoteParts,
  ref: string,
  { acceptLoss }: ReplicaPromote,
): Promise<ReplicaPromoted> {
  const { store, events, now, beatKey, nameOf } = parts;
  const { guest, host } = await find(parts, ref);
  const lost: LostHost = { id: host, name: nameOf(host) };
  const { name } = guest;
  if (!guest.replica) throw new LodgeError("replica.none", { guest: name });
  const lives = () => new LodgeError("replica.host_lives", { guest: name, host: lost.name });
  if (await store.get(beatKey(host))) throw lives();
  if (!acceptLoss) requireSure(guest);
  await requireOff(parts, lost, guest);
  const claimed = await claim(parts, lost.id);
  if (!claimed) throw lives();
  const { compare } = claimed;
  // From here on its host changes it no more: what it said last is what counts.
  const belongings = await belongingsOf(store, host, guest.id);
  if (!belongings) throw new LodgeError("guest.not_found", { guest: ref });
  const { replica } = belongings.guest;
  if (!replica) throw new LodgeError("replica.none", { guest: name });
  if (!acceptLoss) requireSure(belongings.guest);
  const kept = await parts.closeReplica(replica.to, guest.id, replica.epoch);
  const at = new Date(now()).toISOString();
  const there = { ...takenOver(belongings.guest, lost.name, at), host: nameOf(replica.to) };
  const keepOld = !isSure(belongings.guest);
  const start = { lost, guest: there, kept, keepOld, at };
  await store.transact(await startFrom(store, belongings, start, compare));
  await store.transact({ compare, delete: [takeOverKey(lost.id)] }).catch(() => undefined);
  const { host: to, syncedAt = replica.since } = replica;
  const until = keepOld ? `; what it wrote after ${syncedAt} is not there` : "";
  events.append({
    kind: "guest.taken_over",
    guest: there,
    message: `${name} is started on ${to} by its replica: ${lost.name} is lost${until}`,
  });
  return { guest: name, host: to, syncedAt, lost: keepOld };
}

/** Has the replica each write that the guest heard of? Where nothing ended the guest with its host's daemon, it may have gone on without. */
const isSure = ({ ha, replica }: GuestRecord): boolean => ha !== undefined && replica?.state === "in-sync";

/** @throws LodgeError replica.behind */
function requireSure(guest: GuestRecord): void {
  const { host } = requireInSync(guest);
  const reason = "it may have gone on without, since it is not highly available";
  if (!isSure(guest)) throw new LodgeError("replica.behind", { guest: guest.name, host, reason });
}

async function find({ store }: PromoteParts, ref: string): Promise<{ guest: GuestRecord; host: string }> {
  const { items } = await store.list(guestPrefix);
  const found = items.filter(({ value }) =>
    [(value as GuestRecord).id, (value as GuestRecord).name].includes(ref),
  );
  const host = found.length === 1 ? locate(found[0]!.key).host : undefined;
  if (host === undefined) throw new LodgeError("guest.not_found", { guest: ref });
  return { guest: found[0]!.value as GuestRecord, host };
}

/** A fence ends what is highly available, and nothing else, where its host has no place any more. */
async function requireOff({ fences }: PromoteParts, lost: LostHost, guest: GuestRecord): Promise<void> {
  if (guest.ha) return;
  const reason = await fences.switchOff(lost.id, lost.name);
  if (reason !== undefined)
    throw new LodgeError("failover.not_refused", { host: lost.name, guest: guest.name, reason });
}
