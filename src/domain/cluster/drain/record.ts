/**
 * What a drain leaves in the store that all hosts share:
 *
 *   cluster/drains/HOST     its guests that went elsewhere, in the order in which they did
 *   cluster/returns/GUEST   it is to go to that host: whoever has it moves it there, and takes the wish away (returns.ts)
 */
import type { ReadStore } from "#durable/store/store";

export interface DrainRecord {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly moved: readonly { readonly guest: string; readonly name: string }[];
}

export interface ReturnWish {
  /** Id of the host. */
  readonly to: string;
  readonly name: string;
}

export const drainKey = (host: string): string => `cluster/drains/${host}`;
export const returnPrefix = "cluster/returns/";
export const returnKey = (guest: string): string => returnPrefix + guest;

export async function drainOf(store: ReadStore, host: string): Promise<DrainRecord | undefined> {
  return (await store.get(drainKey(host)))?.value as DrainRecord | undefined;
}
