/**
 * Memory that is plugged into a running machine and taken out of it again, by a device of virtio-mem (VIRTIO 1.2, 5.15).
 * The machine says how much of the device's room the guest is to have; the guest's kernel takes it piece by piece, and
 * gives back what it can do without. What it has not taken, the host has not given.
 */
import type { Monitor, QmpEvent } from "./monitor.ts";
import type { PluggablePlan } from "./plan.ts";

const mebibyte = 2 ** 20;

/** Bytes: what is plugged in is whole pieces of it. */
export const memoryPiece = 2 * mebibyte;

/** Bytes: Linux takes such blocks of addresses, and leaves what is less at the end. */
const addressBlock = 128 * mebibyte;

const device = "memory";
const path = `/machine/peripheral/${device}`;

/** The room that a machine needs for so much. Pure. */
export const roomFor = (bytes: number): number => Math.ceil(bytes / addressBlock) * addressBlock;

/** `reserve=off`: room alone takes nothing, also of what the kernel lets be promised. Pure. */
export function pluggableArgs({ room, requested }: PluggablePlan): string[] {
  return [
    "-object",
    `memory-backend-ram,id=plugged,size=${room / mebibyte}M,reserve=off`,
    "-device",
    `virtio-mem-pci,id=${device},memdev=plugged,addr=0x1e,block-size=${memoryPiece},requested-size=${requested}`,
  ];
}

interface MemoryDevice {
  readonly type: string;
  readonly data: { readonly id?: string; readonly size: number };
}

/** Bytes that the guest has taken. @throws LodgeError host.qemu_failed */
export async function pluggedMemory(monitor: Pick<Monitor, "execute">): Promise<number> {
  const devices = await monitor.execute<readonly MemoryDevice[]>("query-memory-devices");
  return devices.find(({ type, data }) => type === "virtio-mem" && data.id === device)?.data.size ?? 0;
}

/** Says how much the guest is to have. It comes to that in its own time, or not at all. Idempotent. */
export async function requestMemory(monitor: Pick<Monitor, "execute">, bytes: number): Promise<void> {
  await monitor.execute("qom-set", { path, property: "requested-size", value: bytes });
}

/** Does this tell that the guest has taken some, or given some back? At most once a second. */
export const isMemoryChange = ({ event, data }: QmpEvent): boolean =>
  event === "MEMORY_DEVICE_SIZE_CHANGE" && data["id"] === device;
