/**
 * cluster/level: what the cluster's records hold at most, as a number of contract/wire.ts. A cluster is upgraded host by host, and until the
 * last one everything is written so that the oldest reads it:
 *
 *   hosts speak  1 1 1 ──► 2 1 1 ──► 2 2 1 ──► 2 2 2
 *   level        1         1         1         2        from here on no host goes back, and none of version 1 joins
 *
 * Whoever changes what a host speaks writes the level too, as it is: so it is never raised past a host that has just come.
 */
import { hasCode, LodgeError } from "#contract/errors";
import { commonWire, speakTogether } from "#contract/wire";
import type { Compare, Put, Store } from "#durable/store/store";
import { listMembers, memberKey, type MemberRecord } from "../member/record.ts";

const levelKey = "cluster/level";
/** Of clusters whose hosts never said. */
const firstLevel = 1;

/** Of a cluster that begins with a host that speaks this. */
export const newLevel = (wire: number): Put => ({ key: levelKey, value: wire });

export interface Level {
  readonly value: number;
  /** To be part of a transaction that changes what a host speaks. */
  readonly unchanged: Compare;
  readonly same: Put;
}

export async function readLevel(all: Pick<Store, "get">): Promise<Level> {
  const item = await all.get(levelKey);
  const value = (item?.value as number | undefined) ?? firstLevel;
  return {
    value,
    unchanged: { key: levelKey, revision: item?.revision ?? "absent" },
    same: { key: levelKey, value },
  };
}

export interface Speaker {
  readonly id: string;
  readonly name: string;
  readonly wire: number;
}

/**
 * May a host that speaks this be among these? Itself may be one of them.
 * @throws LodgeError cluster.wire_mismatch, cluster.host_too_old, cluster.host_too_new
 */
export function requireUnderstood(level: Level, members: readonly MemberRecord[], host: Speaker): void {
  const { id, name, wire } = host;
  if (wire < level.value)
    throw new LodgeError("cluster.host_too_old", { host: name, own: wire, level: level.value });
  const other = members.find((member) => member.id !== id && !speakTogether(member.wire, wire));
  if (other)
    throw new LodgeError("cluster.wire_mismatch", { host: other.name, theirs: other.wire, own: wire });
  if (!speakTogether(level.value, wire))
    throw new LodgeError("cluster.host_too_new", { host: name, own: wire, level: level.value });
}

/**
 * Says what this host's daemon runs and speaks, before it does anything else.
 * @throws LodgeError cluster.wire_mismatch, cluster.host_too_old, cluster.host_too_new: nothing was changed
 */
export async function announce(
  all: Store,
  host: string,
  { version, wire }: Pick<MemberRecord, "version" | "wire">,
): Promise<void> {
  for (;;) {
    const level = await readLevel(all);
    const item = await all.get(memberKey(host));
    const own = item?.value as MemberRecord | undefined;
    // Who is no member is told so where it wants to change something.
    if (!item || !own) return;
    requireUnderstood(level, await listMembers(all), { ...own, wire });
    if (own.version === version && own.wire === wire) return;
    try {
      await all.transact({
        compare: [{ key: item.key, revision: item.revision }, level.unchanged],
        put: [{ key: item.key, value: { ...own, version, wire } }, level.same],
      });
      return;
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
    }
  }
}

/** Raises it to what all hosts speak, where that is more; resolves to what it is then. */
export async function raiseLevel(all: Store, own: number): Promise<number> {
  const level = await readLevel(all);
  const common = commonWire(await listMembers(all), own);
  if (common <= level.value) return level.value;
  try {
    await all.transact({ compare: [level.unchanged], put: [{ ...level.same, value: common }] });
    return common;
  } catch (error) {
    // Somebody came, or raised it: who is told of that looks again.
    if (!hasCode(error, "store.conflict")) throw error;
    return level.value;
  }
}
