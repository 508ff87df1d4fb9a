/**
 * What a template will take, before it was booted for the first time: what others of its image take, or else
 * a guess. What it did take decides once it is parked.
 */
import type { TemplateRecord } from "./record.ts";

export interface Size {
  /** Bytes of memory. */
  readonly resident: number;
  /** Bytes of disk. */
  readonly stored: number;
}

/** An ordinary system has touched less when it has come to rest: Debian a third of 512 MiB. */
const guess = (memory: number): number => Math.min(memory / 2, 512 * 1048576);
/** Of the disk, per byte of memory: its copy, the layer and the devices' state. */
const diskShare = 1.25;

type Other = Pick<TemplateRecord, "imageName" | "state" | "resident" | "stored">;

export function expectedSize(image: string, memory: number, others: readonly Other[]): Size {
  const parked = others.filter(({ imageName, state }) => imageName === image && state !== "building");
  const most = Math.max(0, ...parked.map((one) => one.resident ?? 0));
  const resident = Math.floor(most > 0 ? Math.min(most, memory) : guess(memory));
  // A stale one has but its layer left.
  const whole = parked.filter(({ state }) => state !== "stale").map(({ stored }) => stored);
  return { resident, stored: Math.max(...whole, Math.ceil(resident * diskShare)) };
}
