/**
 * Uploads as the store keeps them.
 *
 *   uploads/ID    the record; what has arrived is the file ID in the folder `uploads` of the images' folder
 *
 * open ──all bytes are there──► complete ──► importing ──► (gone: it is an image)
 *   │                              │   ◄──failed──┘
 *   └──nobody goes on for a day, or it is given up──► (gone)
 *
 * How much is there is the file's size, and nothing else: it holds after `kill -9` too. What `durable` says is
 * on the disk itself; after the computer has gone down, no more is believed.
 */
import { defaultProject } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { ReadStore, Store } from "#durable/store/store";
import { find } from "#durable/store/update";
import type { Actor, TokenActor } from "../access/actor.ts";

export type Upload = Schemas["Upload"];

/** Who sends it: a user, by himself or by his tokens; a token that is no user's; or the host. */
export interface Owner {
  readonly id: string;
  readonly name: string;
}

export interface UploadRecord {
  readonly id: string;
  readonly owner: Owner;
  /** Absent from records of old: the default one. */
  readonly project?: string;
  readonly file: string;
  readonly size: number;
  readonly name?: string;
  readonly fingerprint?: string;
  readonly createdAt: string;
  /** Bytes from the beginning that are on the disk for certain. */
  readonly durable: number;
}

export const uploadPrefix = "uploads/";
export const uploadKey = (id: string): string => uploadPrefix + id;
export const uploadProject = ({ project = defaultProject }: Pick<UploadRecord, "project">): string => project;
/** What an operation on it holds. */
export const uploadTarget = (id: string): string => `upload:${id}`;

/** Milliseconds that an upload waits for whoever sends it. */
export const patience = 24 * 3600 * 1000;

export function ownerOf(actor: Actor): Owner {
  if (actor.kind === "host") return { id: "host", name: "host" };
  return actor.user ?? (actor as TokenActor).token;
}

export const isOwn = (record: UploadRecord, actor: Actor): boolean => record.owner.id === ownerOf(actor).id;

export async function allUploads(store: ReadStore): Promise<UploadRecord[]> {
  const { items } = await store.list(uploadPrefix);
  return items
    .map(({ value }) => value as UploadRecord)
    .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id));
}

/**
 * One that this actor may go on with, or where `manage` is set, remove. To everybody else there is none.
 *
 * @throws LodgeError upload.not_found
 */
export async function findUpload(
  store: Store,
  actor: Actor,
  ref: string,
  { manage = false } = {},
): Promise<UploadRecord> {
  const record = (await find(store, uploadKey(ref)))?.value as UploadRecord | undefined;
  if (record && (isOwn(record, actor) || (manage && actor.role === "admin"))) return record;
  throw new LodgeError("upload.not_found", { upload: ref });
}
