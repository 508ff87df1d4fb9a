/** How a guest's memory and disks leave its host: by the hosts' tunnels, disks straight to the other QEMU where that can be. */
import { lendKey } from "#hypervisor/qemu/migrate/one-time-key";
import type { SendOptions } from "#hypervisor/qemu/migrate/send";
import type { LiveGuest } from "../live.ts";
import type { GuestPlace } from "../place.ts";
import type { Destination, Lane } from "./destination.ts";
import type { DirectWay } from "./direct.ts";
import { Door } from "./door.ts";

export interface WayOut extends AsyncDisposable {
  readonly ways: Pick<SendOptions, "socket" | "disksOut">;
}

/**
 * @param direct for disks, where there is one
 * @param signal of a move that is given up: then QEMU waits for nobody any more
 */
export async function openWay(
  { monitor }: Pick<LiveGuest, "monitor">,
  { run, outgoing, outgoingDisks }: Pick<GuestPlace, "run" | "outgoing" | "outgoingDisks">,
  direct: DirectWay | undefined,
  by: { readonly destination: Destination; readonly move: string; readonly signal: AbortSignal },
): Promise<WayOut> {
  const { destination, move, signal } = by;
  await using doors = new AsyncDisposableStack();
  const lead = (lane: Lane) => () => destination.connect(move, lane, signal);
  doors.use(await Door.open(outgoing, lead({ kind: "memory" })));
  if (direct) {
    const cut = () => direct.cut();
    signal.addEventListener("abort", cut, { once: true });
    doors.defer(() => signal.removeEventListener("abort", cut));
    doors.defer(cut);
    await lendKey(monitor, { run, secret: direct.secret, endpoint: "client" });
  } else doors.use(await Door.open(outgoingDisks, lead({ kind: "disks" })));
  const opened = doors.move();
  return {
    ways: { socket: outgoing, disksOut: direct ? () => direct.disk() : outgoingDisks },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
