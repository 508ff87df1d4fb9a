/**
 * The states of a guest. Pure.
 *
 *   creating ──► starting ──► running ◄──► paused
 *      │            ▲ │          │ │          │
 *      ▼            │ ▼          │ └► suspending ──► suspended ──► starting
 *   stopped ────────┘ crashed ◄──┤
 *      ▲                         ▼
 *      └───────────────────── stopping
 *
 * Every state ──► deleting. What ends a process while nobody asked for it: running, paused or stopping
 * become stopped (the guest shut itself down) or crashed (QEMU ended otherwise).
 */
import { allowedIn, isAllowed, type GuestAction } from "#contract/actions";
import { LodgeError } from "#contract/errors";
import type { GuestState } from "./record.ts";

const transitions: Readonly<Record<GuestState, readonly GuestState[]>> = {
  creating: ["starting", "stopped", "running", "paused", "deleting"],
  stopped: ["starting", "deleting"],
  starting: ["running", "paused", "stopped", "crashed", "suspended", "deleting"],
  running: ["paused", "suspending", "stopping", "stopped", "crashed", "deleting"],
  paused: ["running", "suspending", "stopping", "stopped", "crashed", "deleting"],
  suspending: ["suspended", "running", "paused", "stopped", "crashed", "deleting"],
  suspended: ["starting", "deleting"],
  stopping: ["stopped", "running", "paused", "crashed", "deleting"],
  crashed: ["starting", "deleting"],
  deleting: [],
};

export const canBecome = (from: GuestState, to: GuestState): boolean =>
  from === to || transitions[from].includes(to);

/** Has a guest in this state a QEMU process? */
export const hasProcess = (state: GuestState): boolean =>
  ["starting", "running", "paused", "suspending", "stopping"].includes(state);

/** @throws LodgeError guest.wrong_state, naming the states that would have done. */
export function requireAction(guest: { name: string; state: GuestState }, action: GuestAction): void {
  if (isAllowed(action, guest.state)) return;
  throw new LodgeError("guest.wrong_state", {
    guest: guest.name,
    state: guest.state,
    action,
    allowed: allowedIn(action),
  });
}

/** The state after a process ended by itself. `clean`: the guest shut itself down. */
export function afterEnd(state: GuestState, clean: boolean): GuestState | undefined {
  switch (state) {
    case "running":
    case "paused":
    case "stopping":
    case "starting":
      return clean || state === "stopping" ? "stopped" : "crashed";
    case "suspending":
      return "crashed";
    case "creating":
    case "stopped":
    case "suspended":
    case "crashed":
    case "deleting":
      return undefined;
  }
}
