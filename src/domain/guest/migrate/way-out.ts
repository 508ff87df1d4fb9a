/** How a guest's memory and disks leave its host: straight to the other QEMU, else by the hosts' tunnels. */
import { lendKey } from "#hypervisor/qemu/migrate/one-time-key";
import type { RouteOut } from "#hypervisor/qemu/migrate/route";
import type { LiveGuest } from "../live.ts";
import type { GuestPlace } from "../place.ts";
import type { Destination, Lane } from "./destination.ts";
import type { DirectWay } from "./direct.ts";
import { Door } from "./door.ts";

export interface WayOut extends AsyncDisposable {
  readonly route: RouteOut;
}

/**
 * @param direct where there is one
 * @param signal of a move that is given up: then QEMU waits for nobody any more
 */
export async function openWay(
  { monitor }: Pick<LiveGuest, "monitor">,
  { run, outgoing, outgoingDisks }: Pick<GuestPlace, "run" | "outgoing" | "outgoingDisks">,
  direct: DirectWay | undefined,
  by: { readonly destination: Destination; readonly move: string; readonly signal: AbortSignal },
): Promise<WayOut> {
  const { destination, move, signal } = by;
  if (direct) {
    const cut = () => direct.cut();
    signal.addEventListener("abort", cut, { once: true });
    await lendKey(monitor, { run, secret: direct.secret, endpoint: "client" });
    return {
      route: { kind: "direct", memory: direct.memory, disk: () => direct.disk() },
      async [Symbol.asyncDispose]() {
        signal.removeEventListener("abort", cut);
        cut();
      },
    };
  }
  await using doors = new AsyncDisposableStack();
  const lead = (lane: Lane) => () => destination.connect(move, lane, signal);
  doors.use(await Door.open(outgoing, lead({ kind: "memory" })));
  doors.use(await Door.open(outgoingDisks, lead({ kind: "disks" })));
  const opened = doors.move();
  return {
    route: { kind: "led", memory: outgoing, disks: outgoingDisks },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
