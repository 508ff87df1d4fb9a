/** What is shown of a guest goes on when the guest has gone to another host: its sockets are there, and are reached from here. */
import { statSync } from "node:fs";
import type { Duplex } from "node:stream";
import { hasCode, LodgeError } from "#contract/errors";
import { connectOwn } from "#base/own-socket";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import type { End, FarEnd } from "./ends.ts";
import type { FleetView } from "./fleet-view.ts";
import { guestPlace } from "./place.ts";
import type { LiveGuest } from "./live.ts";
import { guestKey, type GuestRecord } from "./record.ts";
import { openSerial } from "./serial-console.ts";

/** Milliseconds for which a host is tried that has just got a guest. */
const patience = 15_000;

/** As `reach`, of a guest that is not on this host; tries for a while, since it may just have come there. */
export async function followTo(
  { parts: { store } }: Pick<FleetView, "parts">,
  reach: FarEnd,
  guest: string,
  end: End,
  signal: AbortSignal,
): Promise<Duplex | undefined> {
  if (await store.get(guestKey(guest))) return undefined;
  return retry(() => reach(guest, end, signal), {
    clock: systemClock,
    signal,
    first: 10,
    longest: 250,
    timeout: patience,
    again: (error) => hasCode(error, "cluster.host_unreachable", "cluster.tunnel_refused"),
  });
}

/**
 * What of a guest whose process here has ended goes on with it: by its process here, if it has come back, or on the host that it
 * went to. Undefined: it went nowhere.
 */
export async function goesOn(
  fleet: FleetView,
  reach: FarEnd,
  past: LiveGuest,
  end: "agent" | "console",
  signal: AbortSignal,
): Promise<Duplex | undefined> {
  for (;;) {
    const here = (await fleet.parts.store.get(guestKey(past.id)))?.value as GuestRecord | undefined;
    if (!here) return followTo(fleet, reach, past.id, end, signal);
    const live = fleet.get(past.id);
    if (live && live !== past) return nearEnd(fleet, past.id, end, signal);
    if (!here.arriving) return undefined;
    await systemClock.sleep(between, signal);
  }
}

/** Milliseconds between two looks at one that is just coming. */
const between = 20;

/** For a guest of this host, the other way round: what another host is led to. Undefined: it is not here. */
export async function nearEnd(
  fleet: FleetView,
  guest: string,
  end: string,
  signal: AbortSignal,
): Promise<Duplex | undefined> {
  const live = fleet.get(guest);
  if (!live) return undefined;
  const { display, serial: socket, serialLog: log } = guestPlace(fleet.parts.places, guest);
  if (end === "display") return connected(connectOwn(display));
  if (end === "agent") return live.agent.relay();
  if (end !== "console") return undefined;
  // What its console said before it came is known where it was watched then.
  const said = Math.max(0, statSync(log).size - live.consoleFrom);
  return openSerial({ log, socket }, said, { ended: live.ended, signal });
}

const connected = (socket: ReturnType<typeof connectOwn>): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    socket.once("error", (cause) => reject(new LodgeError("host.qemu_gone", {}, { cause })));
  });
