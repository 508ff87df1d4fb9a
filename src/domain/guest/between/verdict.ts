/**
 * Whose a guest is that goes outside: the source's store says it, once.
 *
 *   verdicts/VISIT   taken: true    written in the transaction that deletes the guest's record here
 *                    taken: false   written where the move came to nothing
 *                    (deleted once the other host has heard it)
 *
 * Both are written only where there is none, so the first one holds. Until the other host has heard it, this one keeps all that it had of
 * the guest: its layers are nobody's garbage, its name and addresses nobody else's.
 */
import type { Put, ReadStore, Store } from "#durable/store/store";
import { hasCode } from "#contract/errors";

export interface Verdict {
  readonly visit: string;
  readonly guest: string;
  readonly taken: boolean;
  /** Of one that was taken: what it stands on. */
  readonly layers?: readonly string[];
  /** What was deleted with it: put back where the other host has let it go by its admin's word. */
  readonly records?: readonly Put[];
  readonly settled?: Settled;
}

/** What an admin has said in the place of the other host, which never heard it: where the guest is. */
export type Settled = "here" | "there";

export const verdictPrefix = "verdicts/";
export const verdictKey = (visit: string): string => verdictPrefix + visit;

export const listVerdicts = async (store: ReadStore): Promise<Verdict[]> =>
  (await store.list(verdictPrefix)).items.map(({ value }) => value as Verdict);

export const verdictOf = async (store: ReadStore, visit: string): Promise<Verdict | undefined> =>
  (await store.get(verdictKey(visit)))?.value as Verdict | undefined;

/** Says that the guest stays, unless it was said already whose it is. @returns what holds */
export async function keepHere(store: Store, visit: string, guest: string): Promise<Verdict> {
  const verdict: Verdict = { visit, guest, taken: false };
  const key = verdictKey(visit);
  try {
    await store.transact({ compare: [{ key, revision: "absent" }], put: [{ key, value: verdict }] });
    return verdict;
  } catch (error) {
    if (!hasCode(error, "store.conflict")) throw error;
    return (await verdictOf(store, visit)) ?? verdict;
  }
}
