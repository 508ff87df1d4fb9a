/** Admission of guests: reads what the host has, and lets host/memory.ts decide. */
import type { Store } from "#durable/store/store";
import type { Hardware } from "#domain/guest/launch";
import { listGuests, type GuestRecord } from "#domain/guest/record";
import { admit, defaultMemorySettings, requireMemory, type AdmissionRequest } from "#domain/host/memory";
import type { Stock } from "#domain/template/stock";
import type { Memory } from "./host-memory.ts";

export interface MemoryCheckParts {
  readonly store: Store;
  readonly hardware: Hardware;
  readonly stock: Pick<Stock, "release">;
  readonly read: Memory;
}

/** A fork shares its template's memory as it is made; whenever it starts again, it has its own like any other. */
const startsAs = ({ origin, state }: GuestRecord): "boot" | "fork" =>
  origin.how === "boot" || !["creating", "running", "paused"].includes(state) ? "boot" : "fork";

/** What the host has, who is about to take some of it, and how much is kept. */
async function situation({ store, hardware, read }: Omit<MemoryCheckParts, "stock">, except?: string) {
  const [{ total, available }, guests, accelerator] = await Promise.all([
    read(),
    listGuests(store),
    hardware.accelerator(),
  ]);
  // Guests that have just started have not taken their memory yet; the others have what they need.
  const young = guests.filter(
    ({ id, state }) => id !== except && (state === "creating" || state === "starting"),
  );
  const holders = young.map((one) => ({ memory: one.memory, how: startsAs(one), accelerator, held: 0 }));
  return [{ available }, holders, defaultMemorySettings(total)] as const;
}

/** Bytes of memory that guests can be given now. */
export async function memoryToGive(parts: Omit<MemoryCheckParts, "stock">): Promise<number> {
  const nothing = { memory: 0, how: "boot", accelerator: "kvm" } as const;
  return admit(nothing, ...(await situation(parts))).available;
}

/**
 * Memory that templates keep for forks to come is given up before a guest is refused.
 *
 * @throws LodgeError guest.memory_unavailable
 */
export async function checkMemory(
  { store, hardware, stock, read }: MemoryCheckParts,
  record: GuestRecord,
  more: Pick<AdmissionRequest, "count" | "once"> = {},
): Promise<void> {
  const accelerator = await hardware.accelerator();
  const request = { memory: record.memory, how: startsAs(record), accelerator, ...more };
  const look = async () => [request, ...(await situation({ store, hardware, read }, record.id))] as const;
  const { allowed, needed, available } = admit(...(await look()));
  if (allowed) return;
  await stock.release(needed - available, "guests need the memory", record.origin.template);
  requireMemory(record.name, ...(await look()));
}
