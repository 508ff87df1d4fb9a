/**
 * How every image comes to be, whatever it is made of:
 *
 *   plan ──► make ──► publish
 *    │        │          one transaction: record and name appear together; this is the commit point
 *    │        undo: the image's folder is removed, half made or whole
 *    chooses the image's id, which is saved before anything is made in its name
 */
import { mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import { defaultProject } from "#contract/access";
import { hasCode, LodgeError } from "#contract/errors";
import { defineOperation, type OperationDefinition } from "#durable/operation/define";
import type { Store, Transaction } from "#durable/store/store";
import { freeSpace } from "#hypervisor/disk/space";
import { removeTree } from "#hypervisor/host/remove-tree";
import { stays } from "../project/record.ts";
import { imageKey, imageNameKey, isShared, ownImage, type Image, type ImageRecord } from "./record.ts";
import type { Made, Workplace } from "./tools.ts";

export interface MakeParts {
  readonly store: Store;
  readonly clock: Clock;
  /** The images' folder. */
  readonly folder: string;
}

/** What an image is to be called and where it comes from, known before it is made. */
export interface Plan {
  readonly name: string;
  /** Absent from what an earlier version saved: the default one. */
  readonly project?: string | undefined;
  /** Undefined: as the one that it replaces. */
  readonly shared?: boolean | undefined;
  readonly source: Image["source"];
  /** The image that gives its name to this one. Without it the name has to be free. */
  readonly replaces?: string;
}

/** `image` alone: there is nothing to do, since this one will do. */
type Planned = Plan | { readonly image: string };

interface State {
  readonly plan: Plan;
  /** The image's id. */
  readonly image: string;
  readonly made: Made;
}

export interface Making<Input> {
  readonly kind: string;
  plan(input: Input): Promise<Planned>;
  make(input: Input, place: Workplace): Promise<Made>;
  /** Keys of the store that go in the transaction in which the image appears, and files that go behind it. */
  usesUp?(input: Input): { readonly keys: readonly string[]; readonly files: readonly string[] };
}

/** The id of the image that was made, or that was there already. */
export interface ImageResult {
  readonly image: string;
}

const needed = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new TypeError(`an image's ${what} was not saved`);
  return value;
};

/** Defines the operation that makes an image in the given way. */
export function defineMaking<Input>(
  parts: MakeParts,
  making: Making<Input>,
): OperationDefinition<Input, State, ImageResult> {
  return defineOperation<Input, State, ImageResult>({
    kind: making.kind,
    steps: [
      {
        name: "plan",
        async do({ input }) {
          const planned = await making.plan(input);
          if ("image" in planned) return { image: planned.image };
          return { plan: planned, image: newId("i") };
        },
      },
      {
        name: "make",
        async do({ input, state, signal, progress }) {
          if (!state.plan) return;
          const folder = join(parts.folder, needed(state.image, "id"));
          await mkdir(folder, { recursive: true, mode: 0o711 });
          const tell: Workplace["progress"] = (fraction, message) =>
            progress({ message, ...(fraction === undefined ? {} : { fraction: fraction * 0.98 }) });
          const made = await making.make(input, { folder, signal, progress: tell }).catch(fullDisk(folder));
          signal.throwIfAborted();
          await flush(made.path);
          return { made };
        },
        async undo({ state }) {
          if (state.plan && state.image) await removeTree(join(parts.folder, state.image));
        },
      },
      {
        name: "publish",
        commitPoint: true,
        async do({ input, state, commit }) {
          if (!state.plan) return;
          const id = needed(state.image, "id");
          const { keys, files } = making.usesUp?.(input) ?? { keys: [], files: [] };
          // After a crash just behind the commit point this step runs again.
          if (!(await parts.store.get(imageKey(id)))) {
            const record = await recordOf(parts.clock, id, state.plan, needed(state.made, "files"));
            const appear = await publication(parts.store, record, state.plan);
            await commit({ ...appear, delete: keys });
          }
          for (const file of files) await rm(file, { force: true });
        },
      },
    ],
    result: ({ state }) => ({ image: needed(state.image, "id") }),
  });
}

/** The name of an image to be made has to be free. @throws LodgeError image.name_taken. */
export async function requireFreeName(store: Store, project: string, name: string): Promise<void> {
  if (await store.get(imageNameKey(project, name))) throw new LodgeError("image.name_taken", { name });
}

async function recordOf(clock: Clock, id: string, plan: Plan, made: Made): Promise<ImageRecord> {
  const { blocks } = await stat(made.path);
  return {
    ...made,
    id,
    name: plan.name,
    project: plan.project ?? defaultProject,
    shared: plan.shared ?? false,
    labels: {},
    createdAt: new Date(clock.now()).toISOString(),
    stored: blocks * 512,
    source: plan.source,
    state: "ready",
  };
}

/** The record and its name, in one transaction. The image that had the name goes on under its id. */
async function publication(store: Store, record: ImageRecord, plan: Plan): Promise<Transaction> {
  const { project = defaultProject } = record;
  const nameKey = imageNameKey(project, record.name);
  const naming = { key: nameKey, value: { image: record.id } };
  const put = [{ key: imageKey(record.id), value: record }, naming];
  const kept = await stays(store, project);
  const compare = [...kept, { key: imageKey(record.id), revision: "absent" as const }];
  const name = await store.get(nameKey);
  if (!name) return { put, compare: [...compare, { key: nameKey, revision: "absent" }] };
  const old = await ownImage(store, project, record.name);
  if (!old || old.image.id !== plan.replaces) throw new LodgeError("image.name_taken", { name: record.name });
  const shared = plan.shared ?? isShared(old.image);
  return {
    put: [
      { key: imageKey(record.id), value: { ...record, shared } },
      naming,
      { key: imageKey(old.image.id), value: { ...old.image, name: old.image.id } },
    ],
    compare: [
      ...compare,
      { key: nameKey, revision: name.revision },
      { key: imageKey(old.image.id), revision: old.revision },
    ],
  };
}

/** Brings a finished file and its name to the disk, since the record that will point to it is on it at once. */
async function flush(path: string): Promise<void> {
  for (const part of [path, dirname(path)]) {
    await using file = await open(part, "r");
    await file.sync();
  }
}

/** Bytes below which a disk counts as full: programs that fail for want of space say so in many ways. */
const fullBelow = 16 * 1024 * 1024;

const fullDisk =
  (folder: string) =>
  async (error: unknown): Promise<never> => {
    if (hasCode(error, "operation.cancelled", "operation.interrupted", "host.no_space")) throw error;
    const full = error instanceof Error && "code" in error && error.code === "ENOSPC";
    if (!full && (await freeSpace(folder)) >= fullBelow) throw error;
    throw new LodgeError("host.no_space", { path: folder }, { cause: error });
  };
