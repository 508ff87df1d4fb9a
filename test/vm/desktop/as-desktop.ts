/** Has an image count as one with a desktop: the tiny one's screen is drawn from the start, and it says so. */
import { imageKey, imageNameKey, type ImageRecord } from "#domain/image/record";
import type { Store } from "#durable/store/store";

/** Only while no daemon runs. */
export async function asDesktop(store: Store, name: string): Promise<void> {
  const { image } = (await store.get(imageNameKey("default", name)))!.value as { readonly image: string };
  const record = (await store.get(imageKey(image)))!.value as ImageRecord;
  await store.transact({ put: [{ key: imageKey(image), value: { ...record, desktop: true } }] });
}
