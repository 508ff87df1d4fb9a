import type { CatalogueEntry } from "./entry.ts";

/** Errors about guests' snapshots. */
export const snapshotErrors = {
  "snapshot.not_found": {
    status: 404,
    message: "Guest '{guest}' has no snapshot '{snapshot}'.",
    hint: "'lodge snapshot ls {guest}' shows its snapshots.",
  },
  "snapshot.name_taken": {
    status: 409,
    message: "Guest '{guest}' has a snapshot '{name}' already.",
    hint: "Choose another name, or remove that one with 'lodge snapshot rm {guest} {name}'.",
  },
  "snapshot.too_many": {
    status: 422,
    message: "Guest '{guest}' has {limit} snapshots, and can have no more.",
    hint: "Remove old ones with 'lodge snapshot prune {guest} --keep 20'.",
  },
  "snapshot.no_memory": {
    status: 422,
    message: "Guest '{guest}' is {state}, and has no memory that could be kept.",
    hint: "Start it first with 'lodge start {guest}', or leave --memory out.",
  },
  "snapshot.other_cards": {
    status: 409,
    message:
      "The memory in snapshot '{snapshot}' of guest '{guest}' is of a machine with other network cards: {cards}.",
    hint: "Add or remove cards with 'lodge nic' until it has those, or take the disks alone with --disks-only.",
  },
  "snapshot.other_volumes": {
    status: 409,
    message: "Guest '{guest}' has other volumes attached than at snapshot '{snapshot}'.",
    hint: "Attach and detach until they are the same ('lodge volume ls'), or fork the snapshot instead.",
  },
  "snapshot.not_forkable": {
    status: 409,
    message: "Snapshot '{snapshot}' of guest '{guest}' cannot be forked: {reason}.",
    hint: "Restore it with 'lodge snapshot restore {guest} {snapshot}' instead, or fork its disks alone with --disks-only.",
  },
  "snapshot.keeps": {
    status: 409,
    message: "Guest '{guest}' has {count}, which would be removed with it.",
    hint: "If that is what you want, say so with 'lodge rm --snapshots {guest}'. 'lodge snapshot ls {guest}' shows them.",
  },
} as const satisfies Record<string, CatalogueEntry>;
