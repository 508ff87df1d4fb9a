/** Which boot of the host the daemon last ran in: processes of an earlier one are gone, whatever records say. */
import type { Store } from "#durable/store/store";

export const bootKey = "host/boot";

/** Has the host restarted since? No where nobody noted it: then it was a Lodge that did not know to. */
export async function hasRebooted(store: Store, boot: string): Promise<boolean> {
  const noted = (await store.get(bootKey))?.value as { id: string } | undefined;
  return noted !== undefined && noted.id !== boot;
}

export async function noteBoot(store: Store, boot: string): Promise<void> {
  await store.transact({ put: [{ key: bootKey, value: { id: boot } }] });
}
