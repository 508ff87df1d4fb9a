/** Why somebody may not have a desktop open any more, which is asked again and again for as long as he has. */
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import type { ReadStore } from "#durable/store/store";
import { findDesktop, type DesktopRecord } from "./record.ts";

/** As long as it is there. @throws LodgeError desktop.not_found, store.unavailable */
export async function openDesktop(store: ReadStore, id: string): Promise<DesktopRecord> {
  const desktop = await findDesktop(store, id);
  if (!desktop || desktop.ending) throw new LodgeError("desktop.not_found", { desktop: id });
  return desktop;
}

/** What a check throws; nothing where the store says nothing: what somebody sees does not end with a quorum. */
export async function obstacleOf(check: () => Promise<unknown>): Promise<LodgeError | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return hasCode(error, "store.unavailable") ? undefined : asLodgeError(error);
  }
}
