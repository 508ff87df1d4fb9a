/** What each template takes now and who uses it: the facts that budget.ts decides on. */
import { stat } from "node:fs/promises";
import { isAlive } from "#base/process";
import type { Store } from "#durable/store/store";
import { residentBytes } from "#hypervisor/memory/held-ram";
import { listGuests } from "../guest/record.ts";
import { layerPrefix, type Layer } from "../volume/layer.ts";
import type { Kept } from "./budget.ts";
import { listTemplates, templateUseKey, templateUsePrefix, type TemplateRecord } from "./record.ts";
import { usersOf, type Users } from "./users.ts";

export interface Surveyed extends Kept {
  readonly record: TemplateRecord;
  /** Guests that are being made of it, and may read its files. */
  readonly starting: number;
}

export const isHeld = ({ holder }: TemplateRecord): boolean => holder !== undefined && isAlive(holder);

/** Bytes on disk of files; those that are missing count nothing. */
export async function storedBytes(paths: readonly string[]): Promise<number> {
  const files = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return files.reduce((total, file) => total + (file?.blocks ?? 0) * 512, 0);
}

/** Bytes of memory that a template's RAM takes once it is read back. */
export const refilledBytes = async ({ resident, ramFile }: TemplateRecord): Promise<number> =>
  resident ?? (await storedBytes([ramFile]));

/**
 * Without the holder the memory is there as long as a guest maps it; and a guest that is being forked will
 * have it read back.
 */
async function inMemory(record: TemplateRecord, { mapped }: Users): Promise<number> {
  if (record.state === "building") return record.resident ?? 0;
  if (isHeld(record)) return residentBytes(record.holder!);
  return mapped > 0 ? refilledBytes(record) : 0;
}

/** Every template. Guests are read last: one that was recorded before a template's record changed is seen. */
export async function survey(store: Store): Promise<Surveyed[]> {
  const records = await listTemplates(store);
  // There may be ten thousand guests, and as many layers.
  if (records.length === 0) return [];
  const uses = (await store.list(templateUsePrefix)).items;
  const lastUse = new Map(uses.map(({ key, value }) => [key, (value as { at: string }).at]));
  const layers = (await store.list(layerPrefix)).items.map(({ value }) => value as Layer);
  const users = usersOf(records, await listGuests(store), layers);
  return Promise.all(
    records.map(async (record) => ({
      record,
      id: record.id,
      state: record.state,
      stored: record.stored,
      resident: await inMemory(record, users.get(record.id)!),
      usedAt: lastUse.get(templateUseKey(record.id)) ?? record.usedAt,
      ...users.get(record.id)!,
    })),
  );
}

/** Will it be gone in a moment? */
export const isGoing = ({ state, guests, mapped }: Surveyed): boolean =>
  state === "stale" && guests === 0 && mapped === 0;
