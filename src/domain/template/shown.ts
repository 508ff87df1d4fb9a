/** A template as users see it. */
import type { Schemas } from "#contract/schemas";
import { isHeld, type Surveyed } from "./survey.ts";

/** What is being built has taken nothing that will stay; what it will take is counted against the budget. */
export function toTemplate(one: Surveyed): Schemas["Template"] {
  const { record, guests, usedAt } = one;
  const { id, image, imageName, project, cpus, memory, createdAt, reason } = record;
  const building = record.state === "building";
  return {
    id,
    image,
    imageName,
    project,
    cpus,
    memory,
    sound: record.sound ?? false,
    ...(record.monitors === undefined ? {} : { monitors: record.monitors }),
    // Its holder may have been ended by hand.
    state: record.state === "parked" && !isHeld(record) ? "evicted" : record.state,
    ...(reason === undefined ? {} : { reason }),
    createdAt,
    usedAt,
    stored: building ? 0 : one.stored,
    resident: building ? 0 : one.resident,
    guests,
  };
}
