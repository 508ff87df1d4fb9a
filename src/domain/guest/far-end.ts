/** What is shown of a guest goes on when the guest has gone to another host: its sockets are there, and are reached from here. */
import { statSync } from "node:fs";
import type { Duplex } from "node:stream";
import { hasCode, LodgeError } from "#contract/errors";
import { connectOwn } from "#base/own-socket";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import type { Fleet } from "./fleet.ts";
import { guestPlace } from "./place.ts";
import { guestKey } from "./record.ts";
import { openSerial } from "./serial-console.ts";

export type End = "display" | "console";

/**
 * Undefined: it is on no host any more.
 * @throws LodgeError cluster.host_unreachable, cluster.tunnel_refused where it is not to be reached at this moment
 */
export type FarEnd = (guest: string, end: End, signal: AbortSignal) => Promise<Duplex | undefined>;

/** Milliseconds for which a host is tried that has just got a guest. */
const patience = 15_000;

/** As `reach`, of a guest that is not on this host; tries for a while, since it may just have come there. */
export async function followTo(
  { parts: { store } }: Pick<Fleet, "parts">,
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

/** For a guest of this host, the other way round: what another host is led to. Undefined: it is not here. */
export async function nearEnd(
  fleet: Fleet,
  guest: string,
  end: string,
  signal: AbortSignal,
): Promise<Duplex | undefined> {
  const live = fleet.get(guest);
  if (!live) return undefined;
  const { display, serial: socket, serialLog: log } = guestPlace(fleet.parts.places, guest);
  if (end === "display") return connected(connectOwn(display));
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
