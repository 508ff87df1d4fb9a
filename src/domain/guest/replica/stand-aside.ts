/**
 * What changes a guest's disks, or begins to write to them, does so without its replica: that is behind first, by the guest's record, and
 * follows anew when it is done (keep.ts).
 */
import type { OperationDefinition } from "#durable/operation/define";
import { endMirroring } from "#hypervisor/qemu/replicate";
import type { Fleet } from "../fleet.ts";
import { guestById } from "../record.ts";
import { changeReplica } from "./change.ts";
import { fellBehind } from "./record.ts";

export async function standAside(fleet: Fleet, guest: string, why: string): Promise<void> {
  const { store } = fleet.parts;
  const before = await guestById(store, guest).catch(() => undefined);
  if (!before?.replica) return;
  const told = () => undefined;
  // By an epoch of its own: the connection that is still there can not say any more that both are equal.
  await changeReplica(store, guest, told, (replica) => ({
    ...fellBehind(replica, fleet.now(), why),
    epoch: replica.epoch + 1,
  }));
  const live = fleet.get(guest);
  if (live)
    await endMirroring(
      live.monitor,
      before.disks.map(({ id }) => id),
    );
}

/** What an operation is about: a guest, or a disk that may be of one. */
type About =
  | { readonly guest: string }
  | { readonly of: { readonly guest: string } | { readonly volume: string } };

function guestOf(input: About): string | undefined {
  const of = "guest" in input ? input : input.of;
  return "guest" in of ? of.guest : undefined;
}

/** The same operation, before which the replica of the guest that it is about stands aside. */
export function aside<Input extends About, State extends object, Result>(
  fleet: Fleet,
  definition: OperationDefinition<Input, State, Result>,
): OperationDefinition<Input, State, Result> {
  const [first, ...others] = definition.steps;
  return {
    ...definition,
    steps: [
      {
        ...first!,
        async do(context) {
          const guest = guestOf(context.input);
          if (guest !== undefined) await standAside(fleet, guest, `${definition.kind} changes its disks`);
          return first!.do(context);
        },
      },
      ...others,
    ],
  };
}
