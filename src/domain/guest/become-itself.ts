/**
 * Gives a fork or a branch its own identity while its link is down, then lets the link come up: at no
 * moment do two guests answer with one MAC or address.
 */
import { hasCode, LodgeError } from "#contract/errors";
import { systemClock, type Clock } from "#base/clock";
import { retry } from "#base/retry";
import type { SealKey } from "#durable/store/seal";
import type { Fleet } from "./fleet.ts";
import type { LiveGuest } from "./live.ts";
import { forkIdentity } from "./identity.ts";
import { guestById } from "./record.ts";

/** Milliseconds for the agent, which has been running all along. */
const limit = 30_000;
/** Milliseconds after which the connection is made anew: what its parent was just saying may stand in its way. */
const patience = 3000;

/** Makes the agent answer. */
const hail = (agent: LiveGuest["agent"], signal: AbortSignal) =>
  retry(() => agent.hello({ timeout: patience, signal }), {
    clock: systemClock,
    signal,
    first: 10,
    longest: 100,
    timeout: limit,
    again: (error) => hasCode(error, "agent.unreachable"),
  });

/** @throws LodgeError agent.identity */
export async function becomeItself(
  { fleet, key, clock }: { readonly fleet: Fleet; readonly key: SealKey; readonly clock: Clock },
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const { store, networks } = fleet.parts;
  const record = await guestById(store, id);
  const live = fleet.require(id);
  const settings = await Promise.all(record.nics.map((nic) => networks.settings(record, nic)));
  try {
    await hail(live.agent, signal);
    await live.agent.identity(forkIdentity(record, key, clock, settings), { signal, timeout: limit });
  } catch (error) {
    if (!hasCode(error, "agent.unreachable", "agent.lost")) throw error;
    throw new LodgeError(
      "agent.identity",
      { guest: record.name, reason: "its agent did not answer" },
      { cause: error },
    );
  }
  // What its services make of another name, clock and network is waited for by nobody.
  live.settle();
  for (const nic of record.nics) await live.monitor.execute("set_link", { name: nic.id, up: true });
  await fleet.become(id, "running");
}
