/**
 * What somebody is to be told of his desktop while no page of it is open: it is kept until he opens one of that pool, whichever
 * desktop he has by then, and told once.
 *
 *   desktop-words/POOL/USER ──► messages, the oldest first
 */
import { hasCode } from "#contract/errors";
import type { DesktopLineFromServer } from "#contract/schema/desktop-line";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { desktopWordsKey } from "./record.ts";

export type Word = Extract<DesktopLineFromServer, { readonly type: "message" }>;

/** Whose desktops of which pool, by their ids. */
export interface Owner {
  readonly pool: string;
  readonly user: string;
}

/** Older ones go. */
const most = 20;

export async function leaveWord(store: Store, { pool, user }: Owner, word: Word): Promise<void> {
  await update<readonly Word[]>(store, desktopWordsKey(pool, user), (words = []) =>
    [...words, word].slice(-most),
  );
}

/** They are there no more then. */
export async function takeWords(store: Store, { pool, user }: Owner): Promise<readonly Word[]> {
  const item = await store.get(desktopWordsKey(pool, user));
  if (!item) return [];
  try {
    await store.transact({
      compare: [{ key: item.key, revision: item.revision }],
      delete: [item.key],
    });
    return item.value as readonly Word[];
  } catch (error) {
    // Another page of his has them, or there is one more.
    if (hasCode(error, "store.conflict")) return takeWords(store, { pool, user });
    throw error;
  }
}
