/** What can be done to a guest: which route does it, when it may be, and how much it takes with it. */
import type { Icon } from "@tabler/icons-react";
import {
  IconGitFork,
  IconMoon,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlugX,
  IconPower,
  IconRefresh,
  IconTrash,
} from "@tabler/icons-react";
import { allowedIn, isAllowed, type GuestAction } from "#contract/actions";
import type { Schemas } from "#contract/schemas";
import type { Messages } from "../text/en.ts";
import { call } from "./api.ts";

type Guest = Schemas["Guest"];
type Name = "start" | "resume" | "stop" | "restart" | "pause" | "suspend" | "forceStop" | "delete";

export interface Action {
  readonly name: Name;
  readonly icon: Icon;
  /** Its row in the contract's table of states. */
  readonly needs: GuestAction;
  /** Something is lost: it is asked for by name. */
  readonly destroys?: true;
  run(guest: string): Promise<unknown>;
}

const to = (guest: string) => ({ params: { guest } });

export const guestActions: readonly Action[] = [
  { name: "start", icon: IconPlayerPlay, needs: "start", run: (guest) => call("guestStart", to(guest)) },
  { name: "resume", icon: IconPlayerPlay, needs: "resume", run: (guest) => call("guestResume", to(guest)) },
  {
    name: "stop",
    icon: IconPower,
    needs: "stop",
    run: (guest) => call("guestStop", { ...to(guest), body: {} }),
  },
  {
    name: "restart",
    icon: IconRefresh,
    needs: "restart",
    run: (guest) => call("guestRestart", { ...to(guest), body: {} }),
  },
  { name: "suspend", icon: IconMoon, needs: "suspend", run: (guest) => call("guestSuspend", to(guest)) },
  { name: "pause", icon: IconPlayerPause, needs: "pause", run: (guest) => call("guestPause", to(guest)) },
  {
    name: "forceStop",
    icon: IconPlugX,
    needs: "force-stop",
    destroys: true,
    run: (guest) => call("guestStop", { ...to(guest), body: { force: true } }),
  },
  {
    name: "delete",
    icon: IconTrash,
    needs: "force-delete",
    destroys: true,
    run: (guest) => call("guestDelete", { ...to(guest), query: { force: true, snapshots: true } }),
  },
];

export const forkIcon = IconGitFork;

export const may = (action: GuestAction, guest: Guest): boolean => isAllowed(action, guest.state);

/** The states that an action needs, in the reader's words. */
export const statesFor = (action: GuestAction, text: Messages): string =>
  allowedIn(action)
    .split(" or ")
    .map((state) => text.states[state as Guest["state"]])
    .join(", ");
