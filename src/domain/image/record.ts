/**
 * Images as the store keeps them.
 *
 *   images/ID           the record; its files lie in the folder ID of the images' folder
 *   image-names/NAME    whose name it is in the default project: {image: ID}; of another, image-names/PROJECT/NAME.
 *                       Claimed in the transaction that publishes the image
 *
 * ready ──► removing ──► (gone). An image that was rebuilt loses its name to the new one and lives on under
 * its id until nobody stands on it. Whoever begins to use an image compares its key's revision in the
 * transaction that records the use: then either the use or the removal succeeds, never both.
 */
import { access } from "node:fs/promises";
import { defaultProject } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Item, ReadStore, Store } from "#durable/store/store";
import { find } from "#durable/store/update";

export type Image = Schemas["Image"];

/** What a machine's UEFI was told, kept beside the disk: where its system starts from, and which keys it trusts. */
export interface UefiVariables {
  /** A raw file, absolute. */
  readonly path: string;
  /** Has it the keys that secure boot needs? */
  readonly secureBoot: boolean;
}

export interface ImageRecord
  extends Omit<Image, "project" | "shared">, Partial<Pick<Image, "project" | "shared">> {
  /** The disk or ISO file, absolute. */
  readonly path: string;
  /** The kernel it boots, as a file beside it, where it is known: what an accelerator is proved with. */
  readonly kernel?: string;
  /** A kernel from outside the disk, for an image that has none of its own. */
  readonly directBoot?: { readonly kernel: string; readonly initrd: string; readonly append: string };
  /** Those of the guest it was made of. */
  readonly uefiVariables?: UefiVariables;
  readonly state: "ready" | "removing";
}

/** What the machine of a guest starts with, that asks for nothing: what its image needs. */
export const firmwareFor = (image: Pick<Image, "firmware"> | undefined): "bios" | "uefi" =>
  image?.firmware.includes("uefi") && !image.firmware.includes("bios") ? "uefi" : "bios";

export const imagePrefix = "images/";
export const imageKey = (id: string): string => imagePrefix + id;
export const imageNameKey = (project: string, name: string): string =>
  `image-names/${project === defaultProject ? "" : `${project}/`}${name}`;

type Owned = Pick<ImageRecord, "project" | "shared" | "source">;

/** A record of when there were no projects is of the default one. */
export const imageProject = ({ project = defaultProject }: Pick<Owned, "project">): string => project;

/** May every project use it? Of a record of old: where it was built from a recipe, and so holds nobody's own. */
export const isShared = ({ project, shared, source }: Owned): boolean =>
  shared ?? (project === undefined && "recipe" in source);

export const idPattern = /^i[0-9a-z]{10}$/;

/** An image whose name another has taken over bears its own id as its name. */
export const isSuperseded = (image: Pick<Image, "id" | "name">): boolean => image.name === image.id;

/** What everyone may see of it. */
export function toImage(record: ImageRecord): Image {
  const {
    path: _path,
    kernel: _kernel,
    directBoot: _boot,
    uefiVariables: _variables,
    state: _state,
    ...image
  } = record;
  return { ...image, project: imageProject(record), shared: isShared(record) };
}

const asRecord = (item: Item): ImageRecord => item.value as ImageRecord;

/** An image with the revision of its key, to compare with when its use is recorded. */
export interface FoundImage {
  readonly image: ImageRecord;
  readonly revision: number;
}

async function byId(store: ReadStore, id: string): Promise<FoundImage | undefined> {
  const item = await find(store, imageKey(id));
  if (!item || asRecord(item).state !== "ready") return undefined;
  return { image: asRecord(item), revision: item.revision };
}

/** @throws LodgeError image.not_found. */
export async function imageById(store: ReadStore, id: string): Promise<FoundImage> {
  const found = await byId(store, id);
  if (!found) throw new LodgeError("image.not_found", { image: id });
  return found;
}

/** The image of a project that has this name now. */
export async function ownImage(
  store: ReadStore,
  project: string,
  name: string,
): Promise<FoundImage | undefined> {
  const item = await find(store, imageNameKey(project, name));
  return item && byId(store, (item.value as { image: string }).image);
}

/** As `ownImage` or, where the project has none, the oldest of that name that is shared with it. */
export async function imageNamed(
  store: ReadStore,
  project: string,
  name: string,
): Promise<FoundImage | undefined> {
  const own = await ownImage(store, project, name);
  if (own) return own;
  const shared = (await readyImages(store)).find((image) => image.name === name && isShared(image));
  return shared && byId(store, shared.id);
}

/** One that a project may use, by name or id. @throws LodgeError image.not_found. */
export async function findImage(store: ReadStore, ref: string, project: string): Promise<FoundImage> {
  const named = await imageNamed(store, project, ref);
  const found = named ?? (idPattern.test(ref) ? await byId(store, ref) : undefined);
  if (!found || (imageProject(found.image) !== project && !isShared(found.image)))
    throw new LodgeError("image.not_found", { image: ref });
  return found;
}

/** As `findImage`, and its file is there. @throws LodgeError image.not_found, image.file_missing. */
export async function usableImage(store: Store, ref: string, project: string): Promise<FoundImage> {
  const found = await findImage(store, ref, project);
  const { name, path } = found.image;
  await access(path).catch((cause: unknown) => {
    throw new LodgeError("image.file_missing", { image: name, path }, { cause });
  });
  return found;
}

/** Every image, also those being removed; oldest first. */
export async function allImages(store: ReadStore): Promise<ImageRecord[]> {
  const { items } = await store.list(imagePrefix);
  return items
    .map(asRecord)
    .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id));
}

/** Every image that can be used. */
export const readyImages = async (store: ReadStore): Promise<ImageRecord[]> =>
  (await allImages(store)).filter((image) => image.state === "ready");
