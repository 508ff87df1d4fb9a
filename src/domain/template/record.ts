/**
 * A template: an image that was booted on its own, with no user's data, key or network, and parked.
 *
 *   building ──► parked ◄──► evicted            evicted: its RAM is not in memory; its files may be
 *                  │            │
 *                  └──► stale ◄─┘               image, QEMU or machine layout changed: no new forks
 *
 * What it is made of: a frozen disk layer, a RAM file (in memory, sealed; and a copy on disk, from which it
 * is refilled), the state of the devices. Its disk and RAM live on until the last guest that uses them is gone.
 */
import { LodgeError } from "#contract/errors";
import type { Machine } from "#contract/schema/guest";
import type { Schemas } from "#contract/schemas";
import type { ProcessRef } from "#base/process";
import type { Store } from "#durable/store/store";
import { residentBytes } from "#hypervisor/memory/held-ram";
import type { GuestRecord } from "../guest/record.ts";

/** Everything that has to be equal for a guest to fork from a template. */
export interface Shape {
  readonly project: string;
  /** The image's id. */
  readonly image: string;
  readonly cpus: number;
  readonly memory: number;
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
  /** Bytes of its files on disk. */
  readonly stored: number;
  /** When a guest last forked from it. */
  readonly usedAt: string;
}

export const templatePrefix = "templates/";
export const templateKey = (id: string): string => templatePrefix + id;

export const listTemplates = async (store: Store): Promise<TemplateRecord[]> =>
  (await store.list(templatePrefix)).items.map(({ value }) => value as TemplateRecord);

/** @throws LodgeError template.not_found */
export async function templateById(store: Store, id: string): Promise<TemplateRecord> {
  const item = await store.get(templateKey(id));
  if (!item) throw new LodgeError("template.not_found", { template: id });
  return item.value as TemplateRecord;
}

export const fits = (template: Shape, shape: Shape): boolean =>
  (Object.keys(shape) as (keyof Shape)[]).every((key) => template[key] === shape[key]);

export function toTemplate(record: TemplateRecord, guests: readonly GuestRecord[]): Schemas["Template"] {
  const { id, image, imageName, project, cpus, memory, state, createdAt, stored } = record;
  return {
    id,
    image,
    imageName,
    project,
    cpus,
    memory,
    state,
    createdAt,
    stored,
    resident: record.holder ? residentBytes(record.holder) : 0,
    guests: guests.filter(({ origin }) => origin.template === id).length,
  };
}
