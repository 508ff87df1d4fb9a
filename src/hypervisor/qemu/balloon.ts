/** A guest's balloon (virtio-balloon): how much of its memory it is to leave to the host. */
import type { Monitor } from "./monitor.ts";

/** Bytes that the guest has now: what is asked for comes in its own time. @throws LodgeError host.qemu_failed without one */
export const balloonSize = async (monitor: Pick<Monitor, "execute">): Promise<number> =>
  (await monitor.execute<{ actual: number }>("query-balloon")).actual;

/** Asks the guest to get along with so many bytes. */
export async function setBalloon(monitor: Pick<Monitor, "execute">, bytes: number): Promise<void> {
  await monitor.execute("balloon", { value: bytes });
}
