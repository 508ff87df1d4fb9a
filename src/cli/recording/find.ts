import type { Schemas } from "#contract/schemas";
import { LodgeError } from "#contract/errors";
import type { Client } from "#client/client";

/** A recording by its id; by a guest's name or id, the one that is being made of it. @throws LodgeError recording.not_found */
export async function findRecording(client: Client, ref: string): Promise<Schemas["Recording"]> {
  const recordings = await client.call("recordingList");
  const found =
    recordings.find(({ id }) => id === ref) ??
    recordings.find(
      ({ guest, guestName, state }) => state === "recording" && (guest === ref || guestName === ref),
    );
  if (!found) throw new LodgeError("recording.not_found", { recording: ref });
  return found;
}
