/** What is in pools: guests' disks, attached or their own, and volumes that are in no guest. */
import type { Store } from "#durable/store/store";
import type { Occupant } from "../../volume/pool.ts";
import { listVolumes, type VolumeRecord } from "../../volume/record.ts";
import { listGuests, type GuestRecord } from "../record.ts";

const ofVolume = ({ name, size, place }: VolumeRecord): Occupant[] => {
  switch (place.kind) {
    case "making":
      return [{ name: `volume ${name}`, size, layer: place.layer, pool: place.pool }];
    case "rest":
      return [{ name: `volume ${name}`, size, layer: place.layer }];
    case "guest":
      return [];
  }
};

const ofGuest = ({ name, disks }: GuestRecord): Occupant[] =>
  disks.map(({ id, size, layer }) => ({ name: `${id} of guest ${name}`, size, layer }));

export async function occupants(store: Store): Promise<Occupant[]> {
  const [volumes, guests] = await Promise.all([listVolumes(store), listGuests(store)]);
  return [...volumes.flatMap(ofVolume), ...guests.flatMap(ofGuest)];
}
