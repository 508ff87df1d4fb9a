/**
 * A move that is under way, as both of its hosts see it: a record that is nobody's own.
 *
 *   moves/ID   written by the source before anything is asked of the target, deleted by whoever ends the move:
 *
 *     prepares ──► ready ──► (deleted with the commit: the guest's record is the target's from then on)
 *        └───────────┴─────► (deleted by either host: the move comes to nothing, and can not be committed any more)
 *
 * Who deletes it decides. So a host that does not know what became of a move deletes it, and then looks whose the guest is.
 */
import { hasCode } from "#contract/errors";
import type { Store } from "#durable/store/store";
import type { Places } from "../place.ts";
import { guestKey, type GuestRecord, type RunningProcess } from "../record.ts";

/** A host as what a guest's records are addressed to. */
export interface Target {
  readonly host: string;
  readonly name: string;
  /** Where it has its files. */
  readonly places: Pick<Places, "guests" | "run">;
  /** The kernel that the guest boots there, if it boots one from outside its disk. */
  readonly kernel?: GuestRecord["kernel"];
}

export interface MoveRecord {
  /** Of the operation at the source. */
  readonly id: string;
  readonly guest: string;
  /** Hosts' ids. */
  readonly from: string;
  readonly to: string;
  readonly phase: "prepares" | "ready";
  /** Layers that are there, or on their way, for it: nobody's garbage. */
  readonly layers: readonly string[];
  /** Of a ready one that runs: what waits for it at the target. */
  readonly process?: RunningProcess;
  /** Of a ready one: where the target has its files. */
  readonly target?: Target;
  /** Of a ready one: the layers that the target takes where they are. */
  readonly inPlace?: readonly string[];
}

export const movePrefix = "moves/";
export const moveKey = (id: string): string => movePrefix + id;

export async function listMoves(store: Store): Promise<MoveRecord[]> {
  return (await store.list(movePrefix)).items.map(({ value }) => value as MoveRecord);
}

/**
 * Ends a move, or finds that it is over: it can not be committed any more. Idempotent.
 * @returns is the guest this host's now?
 * @throws LodgeError store.unavailable: nobody may go on before it is known
 */
export async function endMove(store: Store, move: string, guest: string): Promise<boolean> {
  for (;;) {
    const item = await store.get(moveKey(move));
    if (item) {
      try {
        await store.transact({
          compare: [{ key: item.key, revision: item.revision }],
          delete: [item.key],
        });
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
        continue;
      }
    }
    return (await store.get(guestKey(guest))) !== undefined;
  }
}
