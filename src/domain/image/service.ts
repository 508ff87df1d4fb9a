/** Images, as the API offers them: reads at once, makes and removes by operations. */
import { open } from "node:fs/promises";
import { basename } from "node:path";
import type { Log } from "#base/log";
import { defaultProject } from "#contract/access";
import { hasCode, LodgeError } from "#contract/errors";
import { hasEnded, type Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import { matchOfAsker } from "#durable/operation/asker";
import type { OperationEngine, Started } from "#durable/operation/engine";
import { resultOf } from "#durable/operation/record";
import type { ReadStore, Transaction } from "#durable/store/store";
import { update } from "#durable/store/update";
import { defineBuild } from "./build.ts";
import { defineFetch, type ImageHosts } from "./copy/fetch.ts";
import { filesOf, Manifests, type ImageManifest } from "./copy/manifest.ts";
import { defineCreate } from "./create.ts";
import { defineDelete, requireUnused } from "./delete.ts";
import { defineImport, importName, type StagedImport } from "./import.ts";
import { requireFreeName, type ImageResult } from "./make.ts";
import { definePull, pullInput, pullName, type PullParts } from "./pull.ts";
import {
  findImage,
  imageById,
  imageKey,
  imageProject,
  isSuperseded,
  readyImages,
  toImage,
  type ImageRecord,
} from "./record.ts";
import type { ImageGuests, ImageTools } from "./tools.ts";

/** The other hosts of a cluster. */
export interface OtherHosts {
  /** All hosts' records. */
  readonly whole: ReadStore;
  readonly images: ImageHosts;
}

/** On a host that stands alone. */
const nobody: ImageHosts = {
  hostOf: () => undefined,
  updateCopies: async () => undefined,
  dropCopies: async () => undefined,
  manifest: () => Promise.reject(new TypeError("there is no other host")),
  read: () => Promise.reject(new TypeError("there is no other host")),
};

/** The operations on images. They must be in the engine's registry before it recovers. */
export function defineImageOperations(
  parts: PullParts,
  tools: ImageTools,
  guests: ImageGuests,
  others?: OtherHosts,
) {
  return {
    fetch: defineFetch(parts, others?.images ?? nobody),
    build: defineBuild(parts, tools),
    import: defineImport(parts, tools),
    pull: definePull(parts, tools),
    create: defineCreate(parts, guests),
    delete: defineDelete(parts, guests),
  };
}

export type ImageOperations = ReturnType<typeof defineImageOperations>;

export interface ImageServiceParts extends PullParts {
  readonly engine: Pick<OperationEngine, "start">;
  readonly operations: ImageOperations;
  readonly tools: Pick<ImageTools, "recipes" | "recipe">;
  readonly guests: Pick<ImageGuests, "usersOf" | "source">;
  readonly log: Log;
  readonly others?: OtherHosts | undefined;
  /** Told of each image that was made, and of one that `build` found to be current. */
  readonly onMade?: (image: string) => void;
}

const nameTarget = (project: string, name: string): string =>
  `image-name:${project === defaultProject ? "" : `${project}/`}${name}`;

/** What src/server asks of images. `ref` is an id. */
export class ImageService {
  readonly #parts: ImageServiceParts;
  readonly #manifests = new Manifests();

  constructor(parts: ImageServiceParts) {
    this.#parts = parts;
  }

  /** @throws LodgeError image.not_found. */
  async get(ref: string): Promise<Schemas["Image"]> {
    return toImage((await imageById(this.#parts.store, ref)).image);
  }

  /** On all hosts that have it: who may use it holds everywhere. @throws LodgeError image.not_found, cluster.host_unreachable */
  async update(id: string, change: Schemas["ImageUpdate"]): Promise<Schemas["Image"]> {
    const { store, others } = this.#parts;
    await imageById(store, id);
    await others?.images.updateCopies(id, change);
    return this.updateCopy(id, change);
  }

  /** Only this host's. @throws LodgeError image.not_found */
  async updateCopy(id: string, { shared }: Schemas["ImageUpdate"]): Promise<Schemas["Image"]> {
    const { store } = this.#parts;
    const changed = await update<ImageRecord>(store, imageKey(id), (image) => {
      if (image?.state !== "ready") throw new LodgeError("image.not_found", { image: id });
      return shared === undefined ? image : { ...image, project: imageProject(image), shared };
    });
    return toImage(changed!);
  }

  /**
   * Sees to it that an image is on this host, where another has it: for what is to stand on it. What is found nowhere is
   * for whoever needs it to say.
   */
  async bring(ref: string | undefined, project: string): Promise<void> {
    const { store, others } = this.#parts;
    if (!others || ref === undefined || ref.startsWith("/")) return;
    const found = (from: ReadStore) =>
      findImage(from, ref, project).catch((error: unknown) => {
        if (hasCode(error, "image.not_found")) return undefined;
        throw error;
      });
    if (await found(store)) return;
    const there = await found(others.whole);
    if (there) await this.fetch(there.image.id);
  }

  /** Gets a copy of an image of another host's, by its id. @throws LodgeError what that failed with */
  async fetch(id: string): Promise<Schemas["Image"]> {
    const { engine, operations, onMade } = this.#parts;
    const { completion } = await engine.start(operations.fetch, { image: id }, { targets: [`image:${id}`] });
    resultOf(operations.fetch, await completion);
    onMade?.(id);
    return this.get(id);
  }

  /** Removes this host's copy of an image that others may have. @throws LodgeError image.not_found, image.in_use */
  async drop(id: string): Promise<Schemas["Image"]> {
    const { store, guests, operations } = this.#parts;
    const { image } = await imageById(store, id);
    await requireUnused(guests, image);
    const { completion } = await this.#startDelete(image, undefined, true);
    resultOf(operations.delete, await completion);
    return toImage(image);
  }

  /** What another host needs to copy an image of this one's. @throws LodgeError image.not_found, image.file_missing */
  async manifest(id: string, signal: AbortSignal): Promise<ImageManifest> {
    return this.#manifests.of((await imageById(this.#parts.store, id)).image, signal);
  }

  /** Bytes of one of an image's files. @throws LodgeError image.not_found, image.file_missing */
  async piece(id: string, file: string, offset: number, length: number): Promise<Uint8Array> {
    const { image } = await imageById(this.#parts.store, id);
    const path = filesOf(image).find((one) => basename(one) === file);
    if (path === undefined) throw new LodgeError("image.file_missing", { image: image.name, path: file });
    await using opened = await open(path, "r");
    const { buffer, bytesRead } = await opened.read(Buffer.allocUnsafe(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  }

  /** `sees`: whose images count as built. */
  async recipes(sees: (image: ImageRecord) => boolean = () => true): Promise<Schemas["Recipe"][]> {
    const images = (await readyImages(this.#parts.store)).filter(sees);
    const digests = new Set(images.map(({ source }) => ("digest" in source ? source.digest : "")));
    const recipes = await this.#parts.tools.recipes();
    return recipes.map(({ name, description, kind, digest }) => ({
      name,
      description,
      kind,
      built: digests.has(digest),
    }));
  }

  /** @throws LodgeError image.recipe_not_found, image.recipe_invalid. */
  async build(body: Schemas["ImageBuild"], project: string): Promise<Operation> {
    const { engine, operations, tools } = this.#parts;
    await tools.recipe(body.recipe);
    const targets = [nameTarget(project, body.name ?? body.recipe)];
    return this.#making(await engine.start(operations.build, { ...body, project }, { targets, project }));
  }

  /** @throws LodgeError image.name_taken. */
  async import(body: Schemas["ImageImport"], project: string): Promise<Operation> {
    const { engine, operations, store } = this.#parts;
    const name = importName(body);
    await requireFreeName(store, project, name);
    const targets = [nameTarget(project, name)];
    return this.#making(await engine.start(operations.import, { ...body, project }, { targets, project }));
  }

  /** As `import`, of a file that was sent here. `more` is what else the operation holds. */
  async importStaged(input: StagedImport, more: readonly string[]): Promise<Started> {
    const { engine, operations, store } = this.#parts;
    const name = importName(input);
    const { project = defaultProject } = input;
    await requireFreeName(store, project, name);
    const targets = [...more, nameTarget(project, name)];
    const started = await engine.start(operations.import, input, { targets, project, whenBusy: "refuse" });
    this.#making(started);
    return started;
  }

  /** @throws LodgeError image.name_taken. */
  async pull(body: Schemas["ImagePull"], project: string): Promise<Operation> {
    const { engine, operations, store, key } = this.#parts;
    const name = pullName(body);
    await requireFreeName(store, project, name);
    const targets = [nameTarget(project, name)];
    const input = pullInput(body, project, key);
    return this.#making(await engine.start(operations.pull, input, { targets, project }));
  }

  /** @throws LodgeError guest.not_found, guest.wrong_state, image.name_taken. */
  async create({ guest: ref, ...body }: Schemas["ImageCreate"]): Promise<Operation> {
    const { engine, operations, store, guests } = this.#parts;
    const { id: guest, project } = await guests.source(ref);
    await requireFreeName(store, project, body.name);
    const targets = [`guest:${guest}`, nameTarget(project, body.name)];
    const input = { guest, ...body, project };
    return this.#making(await engine.start(operations.create, input, { targets, project }));
  }

  /** @throws LodgeError image.not_found, image.in_use. */
  async remove(ref: string): Promise<Operation> {
    const { store, guests } = this.#parts;
    const { image, revision } = await imageById(store, ref);
    await requireUnused(guests, image);
    const match = matchOfAsker();
    match?.(toImage(image));
    // Copies first: one of them may be in use, and each can be had again as long as this one is there.
    await this.#parts.others?.images.dropCopies(image.id);
    const changes = match && { compare: [{ key: imageKey(image.id), revision }] };
    try {
      return (await this.#startDelete(image, changes)).operation;
    } catch (error) {
      // It was changed since: perhaps to what whoever asks does not want to remove.
      if (changes && hasCode(error, "store.conflict")) return this.remove(ref);
      throw error;
    }
  }

  /**
   * Removes the images that were rebuilt since and on which nobody stands any more. To be called when
   * something that stood on an image is gone; one that gets in use meanwhile stays.
   */
  async tidy(): Promise<void> {
    const { store, guests } = this.#parts;
    for (const image of await readyImages(store)) {
      if (!isSuperseded(image) || (await guests.usersOf(image.id)).length > 0) continue;
      await this.#startDelete(image);
    }
  }

  #startDelete(image: ImageRecord, changes?: Transaction, copy = false): Promise<Started> {
    const { engine, operations } = this.#parts;
    const project = imageProject(image);
    const targets = [`image:${image.id}`, nameTarget(project, image.name)];
    const options = { targets, project, ...(changes ? { changes } : {}) };
    return engine.start(operations.delete, { image: image.id, ...(copy ? { copy } : {}) }, options);
  }

  /** The answer is the operation as it starts; what follows from its end happens behind it. */
  #making({ operation, completion }: Started): Operation {
    void completion.then(async (ended) => {
      if (!hasEnded(ended) || ended.status !== "succeeded") return;
      this.#parts.onMade?.((ended.result as ImageResult).image);
      await this.tidy().catch((error: unknown) =>
        this.#parts.log.warn({ err: error }, "old images stay for now"),
      );
    });
    return operation;
  }
}
