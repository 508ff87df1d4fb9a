/** Gives a running machine more processors, of those that it was made with room for. */
import type { Monitor } from "./monitor.ts";

type Place = Readonly<Record<string, number>>;

/** A processor that there is, with its path, or room for one (qapi/machine.json, query-hotpluggable-cpus). */
export interface CpuSlot {
  readonly type: string;
  readonly props: Place;
  readonly "qom-path"?: string;
}

const order = ["socket-id", "die-id", "core-id", "thread-id"];

const before = (a: CpuSlot, b: CpuSlot): number =>
  order.map((name) => (a.props[name] ?? 0) - (b.props[name] ?? 0)).find((difference) => difference !== 0) ??
  0;

/**
 * The places to fill until the machine has `wanted`, in the order in which a machine that starts with so many has
 * them: its saved state fits that one. Pure.
 */
export function freeSlots(slots: readonly CpuSlot[], wanted: number): CpuSlot[] {
  const there = slots.filter((slot) => slot["qom-path"] !== undefined).length;
  return slots
    .filter((slot) => slot["qom-path"] === undefined)
    .toSorted(before)
    .slice(0, Math.max(0, wanted - there));
}

/** Idempotent. @throws LodgeError host.qemu_failed */
export async function plugCpus(monitor: Pick<Monitor, "execute">, wanted: number): Promise<void> {
  const slots = await monitor.execute<readonly CpuSlot[]>("query-hotpluggable-cpus");
  for (const { type, props } of freeSlots(slots, wanted)) {
    const id = `cpu-${order.map((name) => props[name] ?? 0).join("-")}`;
    await monitor.execute("device_add", { driver: type, id, ...props });
  }
}
