import type { Store } from "#durable/store/store";
import { usableFolders } from "../../volume/pool.ts";
import { homeOf, type Places } from "../place.ts";

/** Folders that Lodge lives in: its home, its sockets, and those of pools, in which other guests' disks are. */
export const ownFolders = async (store: Store, places: Places): Promise<string[]> => [
  homeOf(places),
  places.run,
  ...(await usableFolders(store, places.layers)),
];
