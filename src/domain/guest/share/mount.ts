/** Has a guest's agent mount its shared folders, each time that it has started, or started itself anew. */
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import type { Share } from "#contract/schema/share";
import type { Clock } from "#base/clock";
import { retry } from "#base/retry";
import { update } from "#durable/store/update";
import { ail, cured } from "../ailment.ts";
import type { FleetView } from "../fleet-view.ts";
import type { LiveGuest } from "../live.ts";
import { guestById, guestKey, type GuestRecord } from "../record.ts";

/** Milliseconds: a guest boots, and waits for its disks meanwhile. */
const bootLimit = 600_000;
/** Likewise, for one mount: it may never come back from it where the guest is just ending. */
const leastPatience = 3000;
const mostPatience = 60_000;

/** Mounts $1 at $2 with the options $3, unless that was done. */
const script = `
while read -r what at type rest; do
  [ "$what" = "$1" ] && [ "$at" = "$2" ] && [ "$type" = virtiofs ] && exit 0
done </proc/mounts
mkdir -p "$2" || exit 10
modprobe virtiofs 2>/dev/null
mount -t virtiofs -o "$3" "$1" "$2" || exit 11
`;

const reasons: Readonly<Record<number, string>> = {
  10: "the folder cannot be made there",
  11: "its system does not mount it",
};

/** In a guest, no program there runs as another user, and no file is a device: the host's folder is nobody's word for that. */
const optionsOf = ({ readOnly }: Share): string => (readOnly ? "nosuid,nodev,ro" : "nosuid,nodev");

/** From now until it ends. A guest without an agent mounts them itself. */
export async function keepMounted(fleet: FleetView, live: LiveGuest): Promise<void> {
  const { shares = [], agent } = await guestById(fleet.parts.store, live.id);
  if (shares.length === 0 || agent === "none") return live.mounted.resolve();
  while (!live.gone.aborted) {
    const over = new AbortController();
    // A guest that starts itself anew has nothing mounted.
    const reset = live.monitor.nextEvent(({ event }) => event === "RESET", live.gone);
    reset.then(
      () => over.abort(),
      () => over.abort(),
    );
    await mountAll(fleet, live, shares, AbortSignal.any([over.signal, live.gone]));
    live.mounted.resolve();
    await reset.catch(() => undefined);
  }
}

async function mountAll(
  fleet: FleetView,
  live: LiveGuest,
  shares: readonly Share[],
  signal: AbortSignal,
): Promise<void> {
  let well = true;
  for (const share of shares) {
    const reason = await mount(fleet.parts.clock, live, share, signal);
    if (signal.aborted) return;
    if (reason === undefined) continue;
    well = false;
    const { name } = await guestById(fleet.parts.store, live.id);
    const params = { guest: name, share: share.name, place: share.at, reason };
    await ail(fleet, live.id, new LodgeError("share.not_mounted", params));
  }
  if (well)
    await update<GuestRecord>(fleet.parts.store, guestKey(live.id), (now) =>
      now?.ails?.some(({ code }) => code === "share.not_mounted") ? cured(now, ["share.not_mounted"]) : now,
    );
}

/** Why it is not mounted, where it is not. What a guest was asked while it started itself anew it never hears of. */
async function mount(
  clock: Clock,
  live: LiveGuest,
  share: Share,
  signal: AbortSignal,
): Promise<string | undefined> {
  const argv = ["/bin/sh", "-c", script, "sh", share.name, share.at, optionsOf(share)];
  let patience = leastPatience;
  const attempt = async () => {
    const timeout = patience;
    patience = Math.min(2 * patience, mostPatience);
    await live.inside.answer({ timeout: bootLimit, signal });
    return await live.inside.run(argv, { timeout, signal });
  };
  const again = (error: unknown) => hasCode(error, "agent.unreachable", "agent.lost");
  try {
    const code = await retry(attempt, {
      clock,
      signal,
      again,
      first: 200,
      longest: 2000,
      timeout: bootLimit,
    });
    return code === 0 ? undefined : (reasons[code] ?? `its shell ended with ${code}`);
  } catch (error) {
    return again(error) ? "its agent does not answer" : asLodgeError(error).message.replace(/\.$/, "");
  }
}
