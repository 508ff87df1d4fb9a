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

const wishes: Readonly<Record<GuestAction, string>> = {
  start: "start it",
  stop: "shut it down",
  "force-stop": "switch it off",
  restart: "restart it",
  pause: "pause it",
  resume: "let it go on",
  suspend: "suspend it",
  fork: "branch it",
  snapshot: "take a snapshot of it",
  restore: "restore a snapshot without --force",
  "force-restore": "restore a snapshot",
  delete: "remove it without --force",
  "force-delete": "remove it",
  rename: "rename it",
  update: "change it",
  resize: "change its processors and memory",
  exec: "run a command in it",
  shell: "open a shell in it",
  copy: "copy files",
  tunnel: "connect to its ports",
  console: "show its console",
  screenshot: "show its display",
  drive: "change what is in its drive",
  "add-disk": "add a disk",
  "remove-disk": "remove a disk",
  "resize-disk": "resize a disk",
  "add-nic": "give it a network card",
  "remove-nic": "take a network card out of it",
  "add-share": "share a folder with it",
  "remove-share": "take a shared folder away from it",
  "add-device": "hand a device of the host on to it",
  "remove-device": "take a device of the host away from it",
  "move-disk": "move a disk",
  move: "move it to another host",
  "clone-disk": "clone a disk",
  "create-image": "make an image of it",
};

/** What brings a guest from its state to one in which the action is allowed. */
function remedyFor(action: GuestAction, { name, state }: { name: string; state: GuestState }): string {
  const running = isAllowed(action, "running");
  switch (state) {
    case "stopped":
    case "crashed":
      return running ? `'lodge start ${name}' starts it` : `'lodge show ${name}' says how it is`;
    case "suspended":
      return running
        ? `'lodge start ${name}' brings it back`
        : `'lodge start ${name}' brings it back, 'lodge stop ${name}' shuts it down then`;
    case "paused":
      return running
        ? `'lodge resume ${name}' lets it go on`
        : `'lodge stop ${name}' shuts it down, 'lodge stop --force ${name}' switches it off`;
    case "running":
      return isAllowed(action, "stopped")
        ? `'lodge stop ${name}' shuts it down`
        : `'lodge show ${name}' says how it is`;
    case "creating":
    case "starting":
    case "suspending":
    case "stopping":
    case "deleting":
      return `'lodge operation ls --guest ${name}' says what it is busy with`;
  }
}

/** @throws LodgeError guest.wrong_state, naming the states that would have done and what leads there. */
export function requireAction(guest: { name: string; state: GuestState }, action: GuestAction): void {
  if (isAllowed(action, guest.state)) return;
  throw new LodgeError("guest.wrong_state", {
    guest: guest.name,
    state: guest.state,
    action,
    wish: wishes[action],
    allowed: allowedIn(action),
    remedy: remedyFor(action, guest),
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
