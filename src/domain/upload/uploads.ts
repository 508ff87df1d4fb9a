/**
 * Files on their way here, as the API offers them.
 *
 * One sender at a time goes on with an upload, and the last who comes is it: after a connection that died without
 * a word, the one before would hold the place for a minute.
 */
import { mkdir, open, stat, truncate, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Log } from "#base/log";
import { SerialQueue } from "#base/queue";
import { LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import type { Started } from "#durable/operation/engine";
import type { Store } from "#durable/store/store";
import { remove, update } from "#durable/store/update";
import { roomIn } from "#hypervisor/disk/space";
import type { Actor } from "../access/actor.ts";
import type { StagedImport } from "../image/import.ts";
import type { Sight } from "../access/sight.ts";
import type { Pass } from "../host/demand.ts";
import { stays } from "../project/record.ts";
import { requireFreeName } from "../image/make.ts";
import { receive, type Piece } from "./receive.ts";
import {
  allUploads,
  findUpload,
  isOwn,
  ownerOf,
  patience,
  uploadKey,
  uploadProject,
  uploadTarget,
  type Upload,
  type UploadRecord,
} from "./record.ts";
import { noSpace } from "./room.ts";
import { stagedSize, sweepUploads } from "./sweep.ts";

export interface UploadsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Where what arrives is kept: on the images' own file system, so that it can be moved among them. */
  readonly folder: string;
  /** Decides whether the project may have so much more on the disk. */
  readonly pass: Pass;
  /** Begins to make an image of what has arrived. */
  readonly importStaged: (input: StagedImport, targets: readonly string[]) => Promise<Started>;
}

/** What never can become an image goes at once. */
const useless: ReadonlySet<string> = new Set([
  "image.unsafe",
  "image.unknown_format",
  "image.packed",
  "image.ova",
  "image.too_large",
]);
/** Open at once: of one person, and of all. */
const mostOfOwner = 16;
const mostOfAll = 64;
/** Milliseconds between looks for uploads that nobody goes on with. */
const sweepEvery = 10 * 60_000;
/** Bytes that may be lost at most when the computer goes down, besides the piece that was under way. */
const noteEvery = 64 * 2 ** 20;

interface Sender {
  readonly cut: AbortController;
  readonly gone: Promise<void>;
}

export class Uploads {
  readonly #parts: UploadsParts;
  readonly #senders = new Map<string, Sender>();
  readonly #importing = new Set<string>();
  /** Those that begin: each counts what the others take. */
  readonly #beginning = new SerialQueue();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: UploadsParts) {
    this.#parts = parts;
  }

  /** To be called before any upload goes on. `rebooted`: has the computer gone down since a daemon ran last? */
  async open({ rebooted }: { readonly rebooted: boolean }): Promise<void> {
    const { store, folder, log } = this.#parts;
    if (rebooted)
      for (const { id, durable } of await allUploads(store))
        if ((await stagedSize(folder, id)) > durable) await truncate(this.#path(id), durable);
    await this.sweep();
    this.#timer = setInterval(() => {
      this.sweep().catch((error: unknown) => log.warn({ err: error }, "old uploads stay for now"));
    }, sweepEvery).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Removes what nobody goes on with, and files that are no upload's any more. */
  async sweep(): Promise<void> {
    const { store, clock, folder, log } = this.#parts;
    const busy = (id: string) => this.#senders.has(id) || this.#importing.has(id);
    // Beside those that begin: their file is there before their record.
    const gone = await this.#beginning.run(() => sweepUploads(store, folder, clock.now(), busy));
    if (gone.length > 0) log.info({ uploads: gone }, "uploads that nobody went on with were removed");
  }

  /** What this actor sends, and for an admin what everybody does. */
  async list(actor: Actor, sight: Sight): Promise<Upload[]> {
    const records = await allUploads(this.#parts.store);
    return Promise.all(
      records
        .filter((record) => sight.sees({ project: uploadProject(record) }))
        .filter((record) => actor.role === "admin" || isOwn(record, actor))
        .map((record) => this.#show(record, actor)),
    );
  }

  /** @throws LodgeError upload.not_found */
  async get(actor: Actor, ref: string): Promise<Upload> {
    return this.#show(await findUpload(this.#parts.store, actor, ref, { manage: true }), actor);
  }

  /** @throws LodgeError image.name_taken, upload.too_many, upload.no_space */
  create(actor: Actor, body: Schemas["UploadCreate"], project: string): Promise<Upload> {
    return this.#beginning.run(async () => {
      const { store, clock, folder } = this.#parts;
      if (body.name !== undefined) await requireFreeName(store, project, body.name);
      const owner = ownerOf(actor);
      const others = await allUploads(store);
      requirePlace(others, owner.id);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const promised = await Promise.all(
        others.map(async ({ id, size }) => size - (await stagedSize(folder, id))),
      );
      const wanted = body.size + promised.reduce((sum, each) => sum + each, 0);
      const room = await roomIn(folder);
      if (wanted > room) throw noSpace(body.size, wanted, room);
      const id = newId("u");
      const createdAt = new Date(clock.now()).toISOString();
      const record: UploadRecord = { id, owner, project, ...body, createdAt, durable: 0 };
      await using file = await open(this.#path(id), "wx", 0o600);
      await file.sync();
      const key = uploadKey(id);
      const compare = [...(await stays(store, project)), { key, revision: "absent" as const }];
      const demand = { subject: `The upload of ${body.file}`, project, adds: { disk: body.size } };
      await this.#parts.pass(demand, () => store.transact({ compare, put: [{ key, value: record }] }));
      return this.#show(record, actor);
    });
  }

  /**
   * Takes in a piece of the file, in the place of whoever sent before.
   *
   * @throws LodgeError as `receive`, and upload.not_found, upload.importing; upload.taken_over where another comes.
   */
  async receive(actor: Actor, ref: string, piece: Piece, signal: AbortSignal): Promise<Upload> {
    const { store, folder } = this.#parts;
    const { id } = await findUpload(store, actor, ref);
    for (let other = this.#senders.get(id); other; other = this.#senders.get(id)) {
      other.cut.abort(new LodgeError("upload.taken_over", { upload: id }));
      await other.gone;
    }
    this.#requireIdle(id);
    const cut = new AbortController();
    const gone = Promise.withResolvers<void>();
    this.#senders.set(id, { cut, gone: gone.promise });
    const ended = AbortSignal.any([signal, cut.signal]);
    try {
      // Whoever waited for his turn may have waited for its removal.
      const record = await findUpload(store, actor, id);
      await using file = await open(this.#path(id), "r+");
      const at = await receive(file, piece, {
        upload: id,
        size: record.size,
        room: () => roomIn(folder),
        signal: ended,
      });
      if (at === record.size || at - record.durable >= noteEvery)
        await update<UploadRecord>(store, uploadKey(id), (now) => now && { ...now, durable: at });
      return await this.#show(record, actor);
    } finally {
      this.#senders.delete(id);
      gone.resolve();
    }
  }

  /** @throws LodgeError upload.not_found, upload.importing */
  async remove(actor: Actor, ref: string): Promise<Upload> {
    const record = await findUpload(this.#parts.store, actor, ref, { manage: true });
    this.#requireIdle(record.id);
    const shown = await this.#show(record, actor);
    await this.#drop(record.id);
    return shown;
  }

  /**
   * Begins to make an image of it. What has arrived stays until there is one: another name, or another digest,
   * can be tried. What never can become one goes at once.
   *
   * @throws LodgeError upload.not_found, upload.incomplete, upload.importing, image.name_taken, operation.target_busy
   */
  async import(actor: Actor, ref: string, body: Schemas["UploadImport"]): Promise<Operation> {
    const { store, folder, importStaged } = this.#parts;
    const record = await findUpload(store, actor, ref);
    const { id, file, size, name } = record;
    this.#requireIdle(id);
    this.#importing.add(id);
    try {
      const offset = await stagedSize(folder, id);
      if (offset < size || this.#senders.has(id))
        throw new LodgeError("upload.incomplete", { upload: id, offset, size });
      const staged = { file, key: uploadKey(id) };
      const { operation, completion } = await importStaged(
        {
          path: this.#path(id),
          project: uploadProject(record),
          ...(name === undefined ? {} : { name }),
          ...body,
          staged,
        },
        [uploadTarget(id)],
      );
      void completion.then((end) => this.#settle(id, end));
      return operation;
    } catch (error) {
      this.#importing.delete(id);
      throw error;
    }
  }

  async #settle(id: string, { error }: Operation): Promise<void> {
    try {
      if (error && useless.has(error.code)) await this.#drop(id);
    } catch (failure) {
      // The store closes, or the disk is in trouble: the next sweep finds it.
      this.#parts.log.warn({ err: failure, upload: id }, "an upload that has ended stays for now");
    } finally {
      this.#importing.delete(id);
    }
  }

  async #drop(id: string): Promise<void> {
    await remove(this.#parts.store, uploadKey(id));
    this.#senders.get(id)?.cut.abort(new LodgeError("upload.not_found", { upload: id }));
    await unlink(this.#path(id)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  }

  #path(id: string): string {
    return join(this.#parts.folder, id);
  }

  #requireIdle(id: string): void {
    if (this.#importing.has(id)) throw new LodgeError("upload.importing", { upload: id });
  }

  async #show(record: UploadRecord, actor: Actor): Promise<Upload> {
    const { id, file, size, name, fingerprint, createdAt, owner } = record;
    const found = await stat(this.#path(id)).catch(() => undefined);
    const offset = found?.size ?? 0;
    const idle = Math.max(Date.parse(createdAt), Math.floor(found?.mtimeMs ?? 0));
    return {
      id,
      project: uploadProject(record),
      file,
      size,
      offset,
      state: this.#importing.has(id) ? "importing" : offset === size ? "complete" : "open",
      owner: owner.name,
      own: isOwn(record, actor),
      ...(name === undefined ? {} : { name }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      createdAt,
      expiresAt: new Date(idle + patience).toISOString(),
    };
  }
}

/** @throws LodgeError upload.too_many */
function requirePlace(open: readonly UploadRecord[], owner: string): void {
  const own = open.filter((record) => record.owner.id === owner).length;
  const refuse = (count: number, whose: string) => new LodgeError("upload.too_many", { count, whose });
  if (own >= mostOfOwner) throw refuse(own, "that one person may have");
  if (open.length >= mostOfAll) throw refuse(open.length, "that this host takes");
}
