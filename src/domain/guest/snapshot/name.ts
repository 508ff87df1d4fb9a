import { newId } from "#base/ids";

/** What a snapshot is called that its user gave no name: when it was taken, in UTC. "at-2026-11-26-181205" */
export const defaultName = (now: number): string =>
  `at-${new Date(now).toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "")}`;

/** What a guest made of a snapshot is called that its user gave no name. */
export const forkName = (guest: string): string => `${guest.slice(0, 50)}-${newId("").slice(0, 4)}`;
