/**
 * Files that are being sent, one after another; it goes on while other pages are shown.
 *
 *   queued ──► sending ⇄ paused      queued again: where somebody goes on
 *                 │   └──► failed ──► queued
 *                 └──► importing (an operation, whose end shows in the cache of operations)
 *
 * A page that is loaded anew knows no files any more. What had arrived is the daemon's to say (`uploadList`), and
 * the same file, chosen again, goes on from there.
 */
import { sendFile } from "#client/upload";
import { imageNameOf } from "#contract/image-name";
import { hasCode, LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import { call, errorOf, send } from "./api.ts";
import { diskKind, type DiskKind } from "./disk-kind.ts";

export type UploadState =
  | { readonly is: "queued" }
  | {
      readonly is: "sending";
      /** undefined until the daemon has said how much is there. */
      readonly offset: number | undefined;
      readonly speed?: number | undefined;
      readonly waiting?: LodgeError | undefined;
    }
  | { readonly is: "paused"; readonly offset: number }
  | { readonly is: "failed"; readonly offset: number; readonly error: LodgeError }
  | { readonly is: "importing"; readonly operation: string };

/** What the image is to be. */
export interface Wish {
  readonly name: string;
  readonly agent: Schemas["Image"]["agent"];
  readonly sha256: string;
}

export interface Sending {
  readonly key: number;
  readonly file: File;
  readonly kind: DiskKind | undefined;
  readonly wish: Wish;
  /** The upload's id, once there is one. */
  readonly upload?: string;
  readonly state: UploadState;
}

let all: readonly Sending[] = [];
let last = 0;
let turn: { readonly key: number; readonly stop: AbortController } | undefined;
let begun: (operation: Operation) => void = () => undefined;
const listeners = new Set<() => void>();

export const currentUploads = (): readonly Sending[] => all;

export function onUploads(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells of each import that begins, so that it is shown before the feed tells of it. */
export function onImport(tell: (operation: Operation) => void): void {
  begun = tell;
}

function set(next: readonly Sending[]): void {
  all = next;
  const busy = all.some(({ state }) => state.is === "queued" || state.is === "sending");
  if (busy) addEventListener("beforeunload", warn);
  else removeEventListener("beforeunload", warn);
  for (const listener of listeners) listener();
}

/** The browser asks before the page is left, in words of its own. */
function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

const find = (key: number): Sending | undefined => all.find((each) => each.key === key);

function change(key: number, more: Partial<Omit<Sending, "key">>): void {
  set(all.map((each) => (each.key === key ? { ...each, ...more } : each)));
}

const isSame = (a: File, b: File): boolean =>
  a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;

export function addFiles(files: Iterable<File>): void {
  for (const file of files) {
    // The same once more goes on with what stands still.
    const known = all.find((each) => each.state.is !== "importing" && isSame(each.file, file));
    if (known) goOn(known.key);
    else void add(file);
  }
}

async function add(file: File): Promise<void> {
  const key = ++last;
  const wish: Wish = { name: imageNameOf(file.name), agent: "none", sha256: "" };
  set([...all, { key, file, kind: undefined, wish, state: { is: "queued" } }]);
  const kind = await diskKind(file).catch(() => undefined);
  if (kind) change(key, { kind });
  else fail(key, new LodgeError("image.unknown_format", { path: file.name }));
  next();
}

export function changeWish(key: number, more: Partial<Wish>): void {
  const wish = find(key)?.wish;
  if (wish) change(key, { wish: { ...wish, ...more } });
}

export function pause(key: number): void {
  const sending = find(key);
  if (!sending) return;
  change(key, { state: { is: "paused", offset: offsetOf(sending.state) ?? 0 } });
  stop(key);
}

export function goOn(key: number): void {
  const state = find(key)?.state.is;
  if (state !== "paused" && state !== "failed" && state !== "importing") return;
  change(key, { state: { is: "queued" } });
  next();
}

/** Takes it out of sight, and what has arrived of it from the daemon. */
export async function discard(key: number): Promise<void> {
  const sending = find(key);
  set(all.filter((each) => each.key !== key));
  stop(key);
  if (sending?.upload === undefined) return;
  try {
    await call("uploadDelete", { params: { upload: sending.upload } });
  } catch (error) {
    // It has become an image, or never can.
    if (!hasCode(error, "upload.not_found")) throw error;
  }
}

function stop(key: number): void {
  if (turn?.key !== key) return;
  turn.stop.abort(new DOMException("stopped", "AbortError"));
  turn = undefined;
  next();
}

export const offsetOf = (state: UploadState): number | undefined =>
  state.is === "sending" || state.is === "paused" || state.is === "failed" ? state.offset : undefined;

function fail(key: number, error: LodgeError): void {
  const sending = find(key);
  if (sending) change(key, { state: { is: "failed", offset: offsetOf(sending.state) ?? 0, error } });
}

function next(): void {
  if (turn) return;
  const first = all.find(({ state, kind }) => state.is === "queued" && kind !== undefined);
  if (!first) return;
  const mine = { key: first.key, stop: new AbortController() };
  turn = mine;
  void work(first, mine.stop.signal).finally(() => {
    if (turn === mine) turn = undefined;
    next();
  });
}

async function work({ key, file }: Sending, signal: AbortSignal): Promise<void> {
  const tell = (state: Extract<UploadState, { is: "sending" }>) => {
    if (!signal.aborted) change(key, { state });
  };
  tell({ is: "sending", offset: undefined });
  try {
    const { id } = await sendFile(call, send, sourceOf(file), {
      signal,
      // A page may wait as long as somebody leaves it open.
      patience: Infinity,
      onFound: ({ id: upload }) => change(key, { upload }),
      onProgress: ({ offset, speed, waiting }) => tell({ is: "sending", offset, speed, waiting }),
    });
    const { name, agent, sha256 } = find(key)?.wish ?? {};
    const body = { ...(name && { name }), ...(agent && { agent }), ...(sha256 && { sha256 }) };
    const operation = await call("uploadImport", { params: { upload: id }, body });
    begun(operation);
    change(key, { state: { is: "importing", operation: operation.id } });
  } catch (error) {
    if (!signal.aborted) fail(key, errorOf(error));
  }
}

const sourceOf = (file: File) => ({
  name: file.name,
  size: file.size,
  modified: file.lastModified,
  async read(from: number, to: number) {
    try {
      return new Uint8Array(await file.slice(from, to).arrayBuffer());
    } catch (cause) {
      // The browser lets nobody read a file that has changed since it was chosen.
      throw new LodgeError("upload.file_changed", { file: file.name }, { cause });
    }
  },
});
