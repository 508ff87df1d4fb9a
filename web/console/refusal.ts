/** Why a WebSocket was not let in, which a browser tells no page: the same is asked for without one. */
import { hasCode, LodgeError } from "#contract/errors";
import { errorOf, origin, send } from "../data/api.ts";

export const lostLine = (): LodgeError => new LodgeError("api.daemon_lost", { address: origin });

/** `path`: as it was opened. Never rejects. */
export async function whyRefused(path: string): Promise<LodgeError> {
  try {
    await send({ method: "GET", path });
  } catch (error) {
    // It would be let in now.
    if (!hasCode(error, "api.upgrade_required")) return errorOf(error);
  }
  return lostLine();
}
