/**
 * A template: an image that was booted on its own, with no user's data, key or network, and parked.
 *
 *   building ──► parked ◄──► evicted            evicted: its RAM is not in memory; a fork reads it back
 *                  │            │
 *                  └──► stale ◄─┘               no new forks: its image, QEMU or the machine's layout changed,
 *                         │                     it was removed, or it is too much for the budget
 *                         └──► gone             when no guest uses it any more: at once where none does
 *
 * What it is made of: a frozen disk layer, a RAM file (in memory, sealed; and a copy on disk, from which it
 * is refilled), the state of the devices. Its layer and RAM live on until the last guest that uses them is
 * gone, and so does its record, so that they are counted.
 *
 * Whoever records a fork compares the revision of the template's key: then either the fork is recorded before
 * the template changes, and seen by whoever changed it, or it is not recorded.
 */
import { LodgeError } from "#contract/errors";
import type { Machine } from "#contract/schema/guest";
import type { ProcessRef } from "#base/process";
import type { ReadStore, Store } from "#durable/store/store";
import { find } from "#durable/store/update";

/** Everything that has to be equal for a guest to fork from a template. */
export interface Shape {
  readonly project: string;
  /** The image's id. */
  readonly image: string;
  readonly cpus: number;
  readonly memory: number;
  /** Has it a sound card? Absent from records of old: it has none. */
  readonly sound?: boolean;
  /** Monitors that it has room for; absent from records of old, and of most: one. */
  readonly monitors?: number;
  /** How its NIC is connected: the state of a NIC fits no other kind. */
  readonly nic: "tap" | "user";
  readonly accelerator: "kvm" | "tcg";
  /** QEMU's identity, and the layout of devices. */
  readonly qemu: string;
  readonly layout: number;
}

export interface TemplateRecord extends Shape {
  readonly id: string;
  readonly imageName: string;
  readonly state: "building" | "parked" | "evicted" | "stale";
  /** Why it is stale. */
  readonly reason?: string;
  /** Of a stale one: another of its shape is still to be parked instead. */
  readonly succeed?: true;
  readonly createdAt: string;
  readonly machine: Machine;
  /** The frozen disk layer. */
  readonly layer: string;
  /** Bytes a guest's disk has. */
  readonly diskSize: number;
  /** Absolute paths. */
  readonly stateFile: string;
  readonly ramFile: string;
  /** An empty overlay of the layer, to copy. */
  readonly seedFile: string;
  /** Who holds the RAM; absent when it is not in memory. */
  readonly holder?: ProcessRef;
  /** Bytes of its files on disk; while it is being built, what is expected. */
  readonly stored: number;
  /** Bytes of memory that its RAM takes when it is there, likewise. Absent from records of old. */
  readonly resident?: number;
  /** When it was made; the last fork is told by templateUseKey. */
  readonly usedAt: string;
}

export const templatePrefix = "templates/";
export const templateKey = (id: string): string => templatePrefix + id;
/** {at}: when a guest last forked from it. Beside the record, whose revision forks compare: they do not disturb each other. */
export const templateUsePrefix = "template-uses/";
export const templateUseKey = (id: string): string => templateUsePrefix + id;

/** A template with the revision of its key, to compare with when a fork of it is recorded. */
export interface FoundTemplate {
  readonly template: TemplateRecord;
  readonly revision: number;
}

export const listTemplates = async (store: ReadStore): Promise<TemplateRecord[]> =>
  (await store.list(templatePrefix)).items.map(({ value }) => value as TemplateRecord);

/** By id or, of those of a project, by the image's name: the one that guests fork from, where there is one. */
export async function findTemplate(
  store: ReadStore,
  ref: string,
  project: string,
): Promise<TemplateRecord | undefined> {
  const all = await listTemplates(store);
  const named = all.filter((one) => one.imageName === ref && one.project === project);
  return all.find(({ id }) => id === ref) ?? named.find(({ state }) => state !== "stale") ?? named[0];
}

/** @throws LodgeError template.not_found */
export async function templateById(store: Store, id: string): Promise<TemplateRecord> {
  const item = await find(store, templateKey(id));
  if (!item) throw new LodgeError("template.not_found", { template: id });
  return item.value as TemplateRecord;
}

export const fits = (template: Shape, shape: Shape): boolean => {
  const { sound = false, monitors = 1, ...rest } = shape;
  const same = (key: keyof typeof rest) => template[key] === rest[key];
  const usual = (template.sound ?? false) === sound && (template.monitors ?? 1) === monitors;
  return usual && (Object.keys(rest) as (keyof typeof rest)[]).every(same);
};
