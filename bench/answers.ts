import { reachable } from "#hypervisor/net/ping";
import type { Guest } from "#contract/schema/guest";
import { rest } from "./row.ts";

/** Milliseconds between two pings. */
const pause = 10;
/** Milliseconds after which an address counts as silent. */
const limit = 60_000;

/** Resolves when the guest's own address has answered a ping from this host; false where it never does. */
export async function answersPing({ nics }: Pick<Guest, "nics">): Promise<boolean> {
  const address = nics[0]?.address;
  if (address === undefined) return false;
  for (const end = performance.now() + limit; performance.now() < end; await rest(pause)) {
    if (await reachable(address)) return true;
  }
  return false;
}

export const noAddresses =
  "Without privilege guests have no address that this host can reach: pings were not measured.";
