/**
 * Memory that is plugged into a guest while it runs, and taken out again. Pure.
 *
 *   machine.bootMemory   what it starts with: of that its balloon alone takes something
 *   memory               what it was promised and counts for: what was asked for, or what it has not given back yet
 *   memoryTarget         what it is asked to come down to
 *   memoryNow            what it has taken, with what it started with
 *
 *   more: memory rises at once, memoryNow follows        less: memoryTarget falls at once, memoryNow and memory follow
 */
import { LodgeError } from "#contract/errors";
import { memoryPiece, roomFor } from "#hypervisor/qemu/plug-memory";
import type { PluggablePlan } from "#hypervisor/qemu/plan";
import type { GuestRecord } from "./record.ts";

type Roomy = Pick<GuestRecord, "machine" | "memory" | "shares">;
type Sized = Roomy & Pick<GuestRecord, "memoryTarget">;

/** What serves its shared folders sees all of its memory, which is one file then: it has no room for more. */
const isWhole = ({ shares }: Roomy): boolean => (shares?.length ?? 0) > 0;

export const bootMemory = (record: Roomy): number =>
  isWhole(record) ? record.memory : (record.machine.bootMemory ?? record.memory);

/** Bytes that are asked for, by whichever means. */
const wished = ({ memory, memoryTarget }: Sized): number => memoryTarget ?? memory;

/** Bytes that its balloon is to leave it. */
export const balloonWish = (record: Sized): number => Math.min(wished(record), bootMemory(record));

/** Bytes that are to be plugged in. */
export const plugWish = (record: Sized): number => Math.max(0, wished(record) - bootMemory(record));

const roomOf = (record: Roomy): number =>
  isWhole(record) ? 0 : Math.max(0, (record.machine.maxMemory ?? 0) - bootMemory(record));

/** Can memory be plugged into it? */
export const isPluggable = (record: Roomy): boolean => roomOf(record) > 0;

export function pluggablePlan(record: Sized): PluggablePlan | undefined {
  const room = roomOf(record);
  return room === 0 ? undefined : { room: roomFor(room), requested: plugWish(record) };
}

/** How so much memory becomes a guest's that rests: all of it is there from the start. */
export function resized<T extends Sized & Pick<GuestRecord, "memoryNow">>(record: T, memory: number): T {
  const { memoryTarget: _target, memoryNow: _now, ...rest } = record;
  const machine =
    record.machine.maxMemory === undefined ? record.machine : { ...record.machine, bootMemory: memory };
  return { ...rest, machine, memory } as T;
}

/** How a guest that runs is asked for so much. What it was promised stays promised until it has given it back. */
export function asked<T extends Sized>(record: T, wanted: number): T {
  const { memoryTarget: _, ...rest } = record;
  const memory = Math.max(record.memory, wanted);
  return (wanted === memory ? { ...rest, memory } : { ...rest, memory, memoryTarget: wanted }) as T;
}

/** What holds now that so much is plugged into it; the very same where that is nothing new. */
export function withPlugged<T extends Sized & Pick<GuestRecord, "memoryNow">>(record: T, plugged: number): T {
  const boot = bootMemory(record);
  const memoryNow = boot + plugged;
  const wanted = wished(record);
  const memory = Math.max(wanted, memoryNow, boot);
  const memoryTarget = wanted < memory ? wanted : undefined;
  const { memoryNow: before, memoryTarget: target, ...rest } = record;
  if (before === memoryNow && record.memory === memory && target === memoryTarget) return record;
  return { ...rest, memory, memoryNow, ...(memoryTarget === undefined ? {} : { memoryTarget }) } as T;
}

/** Its process has ended: nothing of it is held any more, unless all of it was saved. */
export function unplugged(record: GuestRecord): GuestRecord {
  if (record.state === "suspended" || !isPluggable(record)) return record;
  const { memoryNow: _, ...rest } = withPlugged(record, 0);
  return rest;
}

/** @throws LodgeError api.invalid */
export function requirePieces(record: Sized, wanted: number): void {
  if ((wanted - bootMemory(record)) % memoryPiece === 0) return;
  const reason = `what is plugged into a guest are whole pieces of ${memoryPiece / 2 ** 20} MiB`;
  throw new LodgeError("api.invalid", { field: "memory", reason });
}
