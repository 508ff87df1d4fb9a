/**
 * How far a reader of events has got: the store's revision and the last event of the log. Written as
 * "EPOCH.REVISION.EVENT", which readers take as it is and give back.
 */
import { LodgeError } from "#contract/errors";
import type { Revision } from "#durable/store/store";

export interface Place {
  readonly revision: Revision;
  /** Id of the last event of the log; "" before the first. */
  readonly event: string;
}

export const formatPlace = ({ revision, event }: Place): string =>
  `${revision.epoch}.${revision.number}.${event}`;

/** @throws LodgeError api.invalid */
export function parsePlace(text: string): Place {
  const match = /^([\w-]{1,64})\.(\d{1,15})\.(\d{0,15})$/.exec(text);
  if (!match)
    throw new LodgeError("api.invalid", { field: "from", reason: "is not an 'at' of a frame or list" });
  const [, epoch = "", number, event = ""] = match;
  return { revision: { epoch, number: Number(number) }, event };
}
