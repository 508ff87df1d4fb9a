/**
 * Limits of a guest's disks, by QEMU's throttle groups (docs/throttle.txt of QEMU's): set on the device, so they
 * stay whatever layers it writes to, and need nothing of the guest. Disks of one group share what it has.
 */
import { deviceId, type Bus } from "./disk.ts";
import type { Monitor } from "./monitor.ts";

export interface Throttle {
  /** Bytes a second. */
  readonly readBytes?: number | undefined;
  readonly writeBytes?: number | undefined;
  /** Requests a second. */
  readonly readOps?: number | undefined;
  readonly writeOps?: number | undefined;
  /** After a rest it may take `factor` times as much, for so many seconds. */
  readonly burst?: { readonly factor: number; readonly seconds: number } | undefined;
}

/** A virtio disk has its back end below it, and that has the drive. */
const throttled = (disk: string, bus: Bus): string =>
  bus === "virtio-blk" ? `/machine/peripheral/${deviceId(disk)}/virtio-backend` : deviceId(disk);

/** The arguments of block_set_io_throttle (qapi/block-core.json); 0 is without a limit. Pure. */
export function throttleArguments(
  disk: { readonly id: string; readonly bus: Bus },
  limits: Throttle,
  group: string,
): Record<string, string | number> {
  const { burst } = limits;
  const each = (name: string, rate: number | undefined) => ({
    [name]: rate ?? 0,
    ...(rate !== undefined && burst
      ? { [`${name}_max`]: Math.round(rate * burst.factor), [`${name}_max_length`]: burst.seconds }
      : {}),
  });
  return {
    id: throttled(disk.id, disk.bus),
    bps: 0,
    iops: 0,
    ...each("bps_rd", limits.readBytes),
    ...each("bps_wr", limits.writeBytes),
    ...each("iops_rd", limits.readOps),
    ...each("iops_wr", limits.writeOps),
    group,
  };
}

/** All rates at 0 take the limits away. @throws LodgeError host.qemu_failed */
export async function throttleDisk(
  monitor: Pick<Monitor, "execute">,
  ...of: Parameters<typeof throttleArguments>
): Promise<void> {
  await monitor.execute("block_set_io_throttle", throttleArguments(...of));
}
