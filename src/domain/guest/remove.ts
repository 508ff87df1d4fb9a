/** Removes a guest, its disks, its snapshots where that was said, and everything that was made for it. */
import { defineOperation } from "#durable/operation/define";
import { destroyGuest, type DestroyParts } from "./destroy.ts";
import { guestById, guestKey } from "./record.ts";
import { requireAction } from "./state.ts";
import { requireNoSnapshots } from "./snapshot/none.ts";

export interface RemoveInput {
  readonly guest: string;
  readonly force: boolean;
  /** With its snapshots, where it has any. */
  readonly snapshots: boolean;
}

export function defineRemove(parts: DestroyParts) {
  const { fleet } = parts;
  return defineOperation<RemoveInput, { readonly name: string }>({
    kind: "guest.remove",
    steps: [
      {
        name: "decide",
        commitPoint: true,
        async do({ input, state, save, commit }) {
          // After a crash just behind the commit point this step runs again.
          if (state.name !== undefined) return;
          const key = guestKey(input.guest);
          const item = await fleet.parts.store.get(key);
          const record = await guestById(fleet.parts.store, input.guest);
          requireAction(record, input.force ? "force-delete" : "delete");
          if (!input.snapshots) await requireNoSnapshots(fleet.parts.store, record);
          await save({ name: record.name });
          // Deleting, and past the way back, at one moment: a guest is never left deleting by a crash.
          await commit({
            compare: [{ key, revision: item!.revision }],
            put: [{ key, value: { ...record, state: "deleting", stateSince: fleet.now() } }],
          });
        },
      },
      {
        name: "remove",
        async do({ input, state }) {
          const there = await fleet.parts.store.get(guestKey(input.guest));
          await destroyGuest(parts, input.guest);
          if (!there) return;
          const guest = { id: input.guest, name: state.name ?? input.guest };
          fleet.parts.events.append({ kind: "guest.removed", guest, message: `${guest.name} was removed` });
        },
      },
    ],
  });
}
