/**
 * Whether a guest uses a disk, which its agent finds out; one without an agent, or whose system has no shell, cannot
 * be asked. What the guest has not written to the disk yet is written first.
 */
import { asLodgeError, hasCode } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { GuestAgent } from "#hypervisor/agent/guest-agent";

/** The disk of the serial number $1: is it, or a part of it, mounted, swapped to, or below another block device? */
const script = `
sync
for disk in /sys/block/*; do
  grep -qs "$1" "$disk/serial" "$disk/device/vpd_pg80" "$disk/device/serial" || continue
  name=\${disk##*/}
  grep -qsE "^/dev/$name(p?[0-9]+)? " /proc/mounts && exit 10
  grep -qsE "^/dev/$name(p?[0-9]+)?[[:space:]]" /proc/swaps && exit 11
  for holder in "$disk"/holders/* "$disk/$name"*/holders/*; do
    [ -e "$holder" ] && exit 12
  done
done
exit 0
`;

const reasons: Readonly<Record<number, string>> = {
  10: "a file system on it is mounted",
  11: "it swaps to it",
  12: "another block device is made of it (LVM, RAID, encryption)",
};

/** Milliseconds. */
const pause = 500;
const answerLimit = 15_000;

export interface Limit {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly seconds: number;
}

/** Waits until it is not used. @returns why it still is, or that it cannot be told, after that time */
export async function letGo(
  agent: Pick<GuestAgent, "run">,
  serial: string,
  { clock, signal, seconds }: Limit,
): Promise<string | undefined> {
  const end = clock.monotonic() + seconds * 1000;
  for (;;) {
    const reason = await useOf(agent, serial, signal);
    if (reason === undefined || clock.monotonic() >= end) return reason;
    await clock.sleep(pause, signal);
  }
}

async function useOf(
  agent: Pick<GuestAgent, "run">,
  serial: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const argv = ["/bin/sh", "-c", script, "sh", serial];
    const code = await agent.run(argv, { timeout: answerLimit, signal });
    return code === 0 ? undefined : (reasons[code] ?? `what it uses could not be found out (${code})`);
  } catch (error) {
    signal.throwIfAborted();
    if (hasCode(error, "agent.absent", "agent.unsupported"))
      return "it has no agent that could say whether it uses it";
    return asLodgeError(error).message;
  }
}
