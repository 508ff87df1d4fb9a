/** Removes a guest, its disks and everything that was made for it. */
import { defineOperation } from "#durable/operation/define";
import { destroyGuest, type DestroyParts } from "./destroy.ts";
import { guestById, guestKey } from "./record.ts";
import { requireAction } from "./state.ts";

export interface RemoveInput {
  readonly guest: string;
  readonly force: boolean;
}

export function defineRemove(parts: DestroyParts) {
  const { fleet } = parts;
  return defineOperation<RemoveInput, { readonly name: string }>({
    kind: "guest.remove",
    steps: [
      {
        name: "decide",
        commitPoint: true,
        async do({ input }) {
          const record = await guestById(fleet.parts.store, input.guest);
          requireAction(record, input.force ? "force-delete" : "delete");
          await fleet.become(input.guest, "deleting");
          return { name: record.name };
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
