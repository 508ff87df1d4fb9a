/** The fleet, as those see it who look after one of its guests. */
import type { Clock } from "#base/clock";
import type { EventLog } from "../host/events.ts";
import type { FarEnd } from "./ends.ts";
import type { LaunchParts } from "./launch.ts";
import type { Ending, LiveGuest } from "./live.ts";
import type { GuestRecord } from "./record.ts";

/** A guest's end as its policies see it. */
export interface End extends Pick<Ending, "clean"> {
  /** Somebody had it stopped. */
  readonly asked: boolean;
}

export interface FleetParts extends LaunchParts {
  /** How a guest is reached that has gone to another host; without it, there is no other. */
  readonly farEnd?: FarEnd | undefined;
  readonly clock: Clock;
  readonly events: EventLog;
  /** Called after a guest's end was written down: removes or restarts it, as its record asks. */
  readonly onSettled: (record: GuestRecord, end: End) => void;
}

export interface FleetView {
  readonly parts: FleetParts;
  get(id: string): LiveGuest | undefined;
  /** RFC 3339, UTC. */
  now(): string;
}
