/** The memory that guests can have: this computer's, or what the group that theirs lie in lets them. */
import type { Groups } from "#hypervisor/cpu/groups";
import { readMemory, type HostMemory } from "#hypervisor/host/memory";

export type Memory = () => Promise<Pick<HostMemory, "total" | "available">>;

export const memoryIn =
  (groups: Pick<Groups, "room">, read: Memory = readMemory): Memory =>
  async () => {
    const { total, available } = await read();
    const room = groups.room();
    if (!room) return { total, available };
    return { total: Math.min(total, room.limit), available: Math.min(available, room.available) };
  };
