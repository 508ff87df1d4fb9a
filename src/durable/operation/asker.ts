/**
 * What whoever asks for an operation wants to have written with its record. It belongs to the request that
 * is being served, not to any of the calls between it and the engine; so it goes around them.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Put } from "../store/store.ts";

export interface Asker {
  /** Goes into the transaction that begins an operation with this id; nothing once the request was answered. */
  put(operation: string): readonly Put[];
}

const current = new AsyncLocalStorage<Asker | undefined>();

/** Calls `work`; what it begins is begun for this asker, or for none. */
export const askedBy = <T>(asker: Asker | undefined, work: () => T): T => current.run(asker, work);

export const putsOfAsker = (operation: string): readonly Put[] => current.getStore()?.put(operation) ?? [];
