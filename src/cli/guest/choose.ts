import { LodgeError } from "#contract/errors";
import type { Context } from "../context.ts";

/** The guests that were named, or all that are in one of these states. */
export async function choose(
  context: Context,
  named: readonly string[],
  all: boolean | undefined,
  states: readonly string[],
): Promise<readonly string[]> {
  if (!all) {
    if (named.length > 0) return [...new Set(named)];
    throw new LodgeError("api.usage", {
      reason: "GUEST is missing; name one, or say --all",
      command: context.name,
    });
  }
  if (named.length > 0) {
    throw new LodgeError("api.usage", {
      reason: "Name guests or say --all, not both",
      command: context.name,
    });
  }
  const guests = await context.client.call("guestList");
  return guests.filter(({ state }) => states.includes(state)).map(({ name }) => name);
}
