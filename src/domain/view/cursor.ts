/** Where a page ends: an item's place in the order, opaque to whoever hands it back. */
import { LodgeError } from "#contract/errors";

export const toCursor = (place: string): string => Buffer.from(place).toString("base64url");

/** @throws LodgeError api.invalid */
export function fromCursor(cursor: string): string {
  const place = Buffer.from(cursor, "base64url").toString();
  if (place !== "" && toCursor(place) === cursor) return place;
  throw new LodgeError("api.invalid", { field: "cursor", reason: "is not one that a list gave" });
}

/** Items of a page where none were asked for. */
export const usualLimit = 100;
