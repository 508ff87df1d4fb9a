/**
 * How each guest is put to rest when the host shuts down, and in which order. Pure.
 *
 * What started last rests first. A guest is suspended if it asks for that (or says nothing), is not to be
 * removed when it stops, has nothing of the host's, and the disk has room for all of its memory; else it is stopped.
 */
import { isHeldToHost } from "./held-to-host.ts";
import type { GuestRecord } from "./record.ts";
import { lifeDefaults } from "./record.ts";
import { startGroups } from "./return-plan.ts";

export interface Resting {
  readonly id: string;
  readonly name: string;
  readonly how: "suspend" | "stop";
}

type Guest = Pick<
  GuestRecord,
  "id" | "name" | "memory" | "startOrder" | "onHostShutdown" | "removeWhenStopped" | "shares" | "devices"
>;

/** Bytes of disk that suspended guests leave to the host, to shut down and start with. */
const reserve = 256 * 1024 ** 2;

/** Those that rest together, in the order in which they do. `room`: bytes free where memory is saved. */
export function restGroups(guests: readonly Guest[], room: number): Resting[][] {
  let left = room - reserve;
  const how = (guest: Guest): Resting["how"] => {
    const { onHostShutdown = lifeDefaults.onHostShutdown } = guest;
    if (onHostShutdown === "stop" || guest.removeWhenStopped || isHeldToHost(guest)) return "stop";
    if (guest.memory > left) return "stop";
    left -= guest.memory;
    return "suspend";
  };
  return startGroups(guests)
    .toReversed()
    .map((group) => group.map((guest) => ({ id: guest.id, name: guest.name, how: how(guest) })));
}
