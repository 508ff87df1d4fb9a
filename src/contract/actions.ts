/** Which action is allowed in which state of a guest: CLI, API and UI all answer from this one table. */
import type { GuestStateName } from "./schema/guest.ts";

const live = ["running", "paused"] as const;
const resting = ["stopped", "suspended", "crashed"] as const;

export const guestActions = {
  start: resting,
  stop: live,
  "force-stop": [...live, "starting", "stopping", "suspending"],
  restart: ["running"],
  pause: ["running"],
  resume: ["paused"],
  suspend: live,
  fork: live,
  snapshot: [...live, "stopped", "suspended", "crashed"],
  restore: resting,
  "force-restore": [...resting, ...live],
  delete: [...resting, "creating"],
  "force-delete": [...resting, ...live, "creating", "starting", "stopping", "suspending", "deleting"],
  rename: [...resting, ...live],
  update: [...resting, ...live],
  resize: ["stopped", "crashed"],
  exec: ["running"],
  shell: ["running"],
  copy: ["running"],
  tunnel: ["running"],
  console: ["starting", ...live, "stopping", "suspending"],
  screenshot: ["starting", ...live, "stopping"],
  drive: [...resting, ...live],
  "add-disk": [...live, "stopped", "crashed"],
  "remove-disk": ["running", "stopped", "crashed"],
  "resize-disk": [...live, "stopped", "crashed"],
  "add-nic": ["running", "stopped", "crashed"],
  "remove-nic": ["running", "stopped", "crashed"],
  "add-share": ["stopped", "crashed"],
  "remove-share": ["stopped", "crashed"],
  "add-device": ["stopped", "crashed"],
  "remove-device": ["stopped", "crashed"],
  "move-disk": [...live, ...resting],
  move: [...live, ...resting],
  "clone-disk": [...live, ...resting],
  "create-image": ["stopped", "crashed"],
} as const satisfies Record<string, readonly GuestStateName[]>;

export type GuestAction = keyof typeof guestActions;

export const isAllowed = (action: GuestAction, state: GuestStateName): boolean =>
  (guestActions[action] as readonly GuestStateName[]).includes(state);

/** The states an action needs, in words: "stopped, suspended or crashed". */
export function allowedIn(action: GuestAction): string {
  const states: readonly GuestStateName[] = guestActions[action];
  return states.length < 2 ? states.join() : `${states.slice(0, -1).join(", ")} or ${states.at(-1)}`;
}
