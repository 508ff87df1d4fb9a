/** A recording as the store keeps it: what users see of it, and nothing else. */
import type { Recording } from "#contract/schema/recording";
import { find } from "#durable/store/update";
import type { ReadStore } from "#durable/store/store";
import { LodgeError } from "#contract/errors";

export const recordingPrefix = "recordings/";
export const recordingKey = (id: string): string => recordingPrefix + id;

/** @throws LodgeError recording.not_found */
export async function findRecording(store: ReadStore, id: string): Promise<Recording> {
  const item = await find(store, recordingKey(id));
  if (!item) throw new LodgeError("recording.not_found", { recording: id });
  return item.value as Recording;
}

export async function listRecordings(store: ReadStore): Promise<Recording[]> {
  const { items } = await store.list(recordingPrefix);
  return items.map(({ value }) => value as Recording);
}
