/**
 * `image.fetch`: gets a copy of an image that another host of the cluster has, under the same id and name.
 *
 *   look ──► copy ──► publish        one transaction: the record appears; this is the commit point
 *              undo: the folder is removed
 *
 * What had arrived before a break is read again and kept where it is right.
 */
import { mkdir, open, type FileHandle } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Schemas } from "#contract/schemas";
import { LodgeError } from "#contract/errors";
import { defineOperation, type OperationDefinition } from "#durable/operation/define";
import { roomIn } from "#hypervisor/disk/space";
import { removeTree } from "#hypervisor/host/remove-tree";
import type { MakeParts } from "../make.ts";
import { imageKey, imageProject, readyImages, type ImageRecord } from "../record.ts";
import {
  digestOf,
  inFolder,
  isEmptyPiece,
  pieceSize,
  type CopiedFile,
  type ImageManifest,
} from "./manifest.ts";

/** The hosts that images are fetched from. */
export interface ImageHosts {
  /** Which of them has it; undefined: none any more. */
  hostOf(image: string): string | undefined;
  manifest(host: string, image: string, signal: AbortSignal): Promise<ImageManifest>;
  /** Changes all copies that other hosts have. @throws LodgeError cluster.host_unreachable */
  updateCopies(image: string, change: Schemas["ImageUpdate"]): Promise<void>;
  /** Removes all copies that other hosts have. @throws LodgeError image.in_use, cluster.host_unreachable */
  dropCopies(image: string): Promise<void>;
  /** Bytes of one of its files. */
  read(
    host: string,
    image: string,
    part: { readonly file: string; readonly offset: number; readonly length: number },
    signal: AbortSignal,
  ): Promise<Buffer>;
}

export interface FetchInput {
  /** Its id. */
  readonly image: string;
}

interface State {
  readonly there: boolean;
  readonly record: ImageRecord;
}

/** Times that a piece is asked for. */
const attempts = 3;

export function defineFetch(
  { store, folder }: Pick<MakeParts, "store" | "folder">,
  hosts: ImageHosts,
): OperationDefinition<FetchInput, State, void> {
  return defineOperation<FetchInput, State>({
    kind: "image.fetch",
    steps: [
      {
        name: "look",
        do: async ({ input }) => ({ there: (await store.get(imageKey(input.image))) !== undefined }),
      },
      {
        name: "copy",
        async do({ input: { image }, state, signal, progress }) {
          if (state.there) return;
          const host = hosts.hostOf(image);
          if (host === undefined) throw new LodgeError("image.not_found", { image });
          progress({ message: "reading what it consists of" });
          const { record, files } = await hosts.manifest(host, image, signal);
          const target = join(folder, image);
          await mkdir(target, { recursive: true, mode: 0o711 });
          if ((await roomIn(target)) < files.reduce((sum, file) => sum + bytesIn(file), 0))
            throw new LodgeError("host.no_space", { path: target });
          const total = files.reduce((sum, { pieces }) => sum + pieces.length, 0);
          let done = 0;
          const tell = () => progress({ message: `copying ${record.name}`, fraction: ++done / total });
          const read = (file: string, offset: number, length: number) =>
            hosts.read(host, image, { file, offset, length }, signal);
          for (const file of files) await copyFile({ target, file, read, tell, signal, image: record.name });
          return { record: inFolder(record, target) };
        },
        async undo({ input, state }) {
          if (!state.there) await removeTree(join(folder, input.image));
        },
      },
      {
        name: "publish",
        commitPoint: true,
        async do({ input, state, commit }) {
          const { record } = state;
          if (!record || (await store.get(imageKey(input.image)))) return;
          // Another image that had this name here goes on under its id, as where the name was given to this one.
          const named = (await readyImages(store)).filter(
            (one) => one.name === record.name && imageProject(one) === imageProject(record),
          );
          await commit({
            put: [
              { key: imageKey(record.id), value: record },
              ...named.map((one) => ({ key: imageKey(one.id), value: { ...one, name: one.id } })),
            ],
          });
        },
      },
    ],
    result: () => undefined,
  });
}

/** Bytes that are sent of it. */
const bytesIn = ({ pieces }: CopiedFile): number => pieces.filter((piece) => piece !== "").length * pieceSize;

interface Copying {
  readonly target: string;
  readonly file: CopiedFile;
  readonly read: (file: string, offset: number, length: number) => Promise<Buffer>;
  readonly tell: () => void;
  readonly signal: AbortSignal;
  /** What the image is called. */
  readonly image: string;
}

async function copyFile({ target, file, read, tell, signal, image }: Copying): Promise<void> {
  // A manifest names files in its image's folder, whatever a host says.
  const path = join(target, basename(file.name));
  await (await open(path, "a", 0o644)).close();
  await using copy = await open(path, "r+");
  await copy.truncate(file.size);
  for (const [index, digest] of file.pieces.entries()) {
    signal.throwIfAborted();
    const offset = index * pieceSize;
    const length = Math.min(pieceSize, file.size - offset);
    if (!(await hasPiece(copy, offset, length, digest))) {
      const piece = await fetchPiece(() => read(file.name, offset, length), digest, image);
      await copy.write(piece, 0, length, offset);
    }
    tell();
  }
  await copy.sync();
}

async function hasPiece(copy: FileHandle, offset: number, length: number, digest: string): Promise<boolean> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await copy.read(buffer, 0, length, offset);
  if (bytesRead < length) return false;
  return digest === "" ? isEmptyPiece(buffer) : digestOf(buffer) === digest;
}

async function fetchPiece(read: () => Promise<Buffer>, digest: string, image: string): Promise<Buffer> {
  for (let attempt = 1; ; attempt++) {
    const piece = await read();
    if (digest === "" ? isEmptyPiece(piece) : digestOf(piece) === digest) return piece;
    if (attempt === attempts) throw new LodgeError("image.copy_damaged", { image });
  }
}
