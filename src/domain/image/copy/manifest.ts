/**
 * What an image's files are, for a host that fetches it: in pieces, each with its digest, so that what arrives is known to
 * be right piece by piece, a break costs one piece, and pieces without anything in them are not sent at all.
 */
import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Schemas } from "#contract/schemas";
import { LodgeError } from "#contract/errors";
import type { ImageRecord } from "../record.ts";

/** Bytes of a piece; the last one of a file may be shorter. */
export const pieceSize = 4 * 1024 * 1024;

export type CopiedFile = Schemas["ImageManifest"]["files"][number];

export interface ImageManifest extends Omit<Schemas["ImageManifest"], "record"> {
  /** As the host that has it keeps it: its paths are that host's. */
  readonly record: ImageRecord;
}

/** The files that a record names, by their absolute paths. */
export const filesOf = ({ path, kernel, directBoot, uefiVariables }: ImageRecord): string[] => [
  ...new Set(
    [path, kernel, directBoot?.kernel, directBoot?.initrd, uefiVariables?.path].filter(
      (file) => file !== undefined,
    ),
  ),
];

/** The same record, with its files in another folder. */
export function inFolder(record: ImageRecord, folder: string): ImageRecord {
  const at = (path: string) => `${folder}/${basename(path)}`;
  const { path, kernel, directBoot, uefiVariables, ...rest } = record;
  return {
    ...rest,
    path: at(path),
    ...(kernel === undefined ? {} : { kernel: at(kernel) }),
    ...(directBoot
      ? { directBoot: { ...directBoot, kernel: at(directBoot.kernel), initrd: at(directBoot.initrd) } }
      : {}),
    ...(uefiVariables ? { uefiVariables: { ...uefiVariables, path: at(uefiVariables.path) } } : {}),
  };
}

const zeros = Buffer.alloc(pieceSize);

export const isEmptyPiece = (piece: Buffer): boolean => piece.equals(zeros.subarray(0, piece.length));

export const digestOf = (piece: Buffer): string => createHash("sha256").update(piece).digest("hex");

/** Reads it from one end to the other; resolves to its pieces. */
async function piecesOf(path: string, signal: AbortSignal): Promise<string[]> {
  await using file = await open(path, "r");
  const pieces: string[] = [];
  const buffer = Buffer.allocUnsafe(pieceSize);
  for (let at = 0; ; at += pieceSize) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, pieceSize, at);
    if (bytesRead === 0) return pieces;
    const piece = buffer.subarray(0, bytesRead);
    pieces.push(isEmptyPiece(piece) ? "" : digestOf(piece));
  }
}

/** Makes manifests, and remembers those of files that have not changed. */
export class Manifests {
  readonly #known = new Map<string, CopiedFile>();

  /** @throws LodgeError image.file_missing */
  async of(record: ImageRecord, signal: AbortSignal): Promise<ImageManifest> {
    const files: CopiedFile[] = [];
    for (const path of filesOf(record)) files.push(await this.#file(record, path, signal));
    return { record, files };
  }

  async #file({ name: image }: ImageRecord, path: string, signal: AbortSignal): Promise<CopiedFile> {
    const { size, mtimeMs, ino } = await stat(path).catch((cause: unknown) => {
      throw new LodgeError("image.file_missing", { image, path }, { cause });
    });
    const key = `${path} ${ino} ${size} ${mtimeMs}`;
    const known = this.#known.get(key);
    if (known) return known;
    const made = { name: basename(path), size, pieces: await piecesOf(path, signal) };
    this.#known.set(key, made);
    return made;
  }
}
