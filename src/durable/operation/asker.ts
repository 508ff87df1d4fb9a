/**
 * Who asks for an operation, and what he wants to have written and checked with its record. It belongs to the
 * request that is being served, not to any of the calls between it and the engine; so it goes around them.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Put } from "../store/store.ts";

export interface Asker {
  /** In words, for the operation's record. */
  readonly actor?: string;
  /** Throws where the object is not as he believes: for the transaction that begins an operation on it. */
  readonly match?: (object: unknown) => void;
  /** Goes into the transaction that begins an operation with this id; nothing once the request was answered. */
  readonly put?: (operation: string) => readonly Put[];
}

const current = new AsyncLocalStorage<Asker | undefined>();

/** Calls `work`; what it begins is begun for this asker, of whom more may be known further out, or for none. */
export const askedBy = <T>(asker: Asker | undefined, work: () => T): T =>
  current.run(asker && { ...current.getStore(), ...asker }, work);

export const putsOfAsker = (operation: string): readonly Put[] => current.getStore()?.put?.(operation) ?? [];

export const nameOfAsker = (): string | undefined => current.getStore()?.actor;

export const matchOfAsker = (): Asker["match"] => current.getStore()?.match;
