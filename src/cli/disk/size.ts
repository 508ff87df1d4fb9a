import { LodgeError } from "#contract/errors";
import { parseSize } from "../values.ts";

/** A size that was given as an operand. @throws LodgeError api.invalid */
export function sizeOperand(given: string): number {
  try {
    return parseSize(given);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LodgeError("api.invalid", { field: "SIZE", reason: error.message });
  }
}
