/**
 * `image rm`: removes an image on which nobody stands.
 *
 *   withdraw ──► forget ──► files
 *   │  │          │          forward only: tried again until the folder is gone
 *   │  │          commit point: the record is deleted
 *   │  undo: the record and its name are put back
 *   the name is freed and the record marked, then its users are asked for once more: a use that was recorded
 *   before is seen now, and one that comes later fails, because it compares the record's revision
 */
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import { defineOperation, type OperationDefinition } from "#durable/operation/define";
import type { Compare, Put, Store } from "#durable/store/store";
import { removeTree } from "#hypervisor/host/remove-tree";
import { imageById, imageKey, imageNameKey, imageProject, isSuperseded, type ImageRecord } from "./record.ts";
import type { MakeParts } from "./make.ts";
import type { ImageGuests } from "./tools.ts";

export interface DeleteInput {
  /** The image's id. */
  readonly image: string;
  /** Only this host's copy goes; the image keeps its name. */
  readonly copy?: boolean;
}

interface State {
  /** As it was. */
  readonly record: ImageRecord;
}

/** @throws LodgeError image.in_use, which names up to five users; of other projects only that there are some. */
export async function requireUnused(guests: Pick<ImageGuests, "usersOf">, image: ImageRecord): Promise<void> {
  const users = await guests.usersOf(image.id);
  if (users.length === 0) return;
  const own = users.filter(({ project }) => project === imageProject(image)).map(({ name }) => name);
  const named = own.slice(0, 5).join(", ");
  const others = users.length - Math.min(own.length, 5);
  const more = others === 0 ? "" : named === "" ? `${others} of other projects` : ` and ${others} more`;
  throw new LodgeError("image.in_use", { image: image.name, users: named + more });
}

export const defineDelete = (
  { store, folder }: Pick<MakeParts, "store" | "folder">,
  guests: Pick<ImageGuests, "usersOf">,
): OperationDefinition<DeleteInput, State, void> =>
  defineOperation<DeleteInput, State>({
    kind: "image.delete",
    steps: [
      {
        name: "withdraw",
        async do({ input, save }) {
          const { image, revision } = await imageById(store, input.image);
          await requireUnused(guests, image);
          const key = imageKey(image.id);
          await save(
            { record: image },
            {
              compare: [{ key, revision }],
              put: [{ key, value: { ...image, state: "removing" } }],
              delete:
                input.copy || isSuperseded(image) ? [] : [imageNameKey(imageProject(image), image.name)],
            },
          );
          await requireUnused(guests, image);
        },
        undo: ({ input, state }) => putBack(store, state.record, input.copy),
      },
      {
        name: "forget",
        commitPoint: true,
        do: ({ input, commit }) => commit({ delete: [imageKey(input.image)] }),
      },
      {
        name: "files",
        do: ({ input }) => removeTree(join(folder, input.image)),
      },
    ],
  });

async function putBack(store: Store, record: ImageRecord | undefined, copy = false): Promise<void> {
  if (!record) return;
  const item = await store.get(imageKey(record.id));
  if (!item || (item.value as ImageRecord).state === "ready") return;
  const put: Put[] = [{ key: item.key, value: record }];
  const compare: Compare[] = [{ key: item.key, revision: item.revision }];
  if (!copy && !isSuperseded(record)) {
    put.push({ key: imageNameKey(imageProject(record), record.name), value: { image: record.id } });
    compare.push({ key: imageNameKey(imageProject(record), record.name), revision: "absent" });
  }
  await store.transact({ put, compare });
}
