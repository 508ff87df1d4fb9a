/** The project that is looked at, if it is one alone: kept by the browser, and by all of its tabs that are opened later. */
import { useSyncExternalStore } from "react";
import { defaultProject } from "#contract/access";
import type { Route } from "#contract/route";

const key = "lodge-project";

const read = (): string | undefined => globalThis.localStorage?.getItem(key) || undefined;

let current = read();
const listeners = new Set<() => void>();

/** undefined: all that one may see. */
export function chooseProject(project: string | undefined): void {
  current = project;
  if (project === undefined) localStorage.removeItem(key);
  else localStorage.setItem(key, project);
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useProject = (): string | undefined => useSyncExternalStore(listen, () => current);

/** What a call names. Lists come whole, and are shown in part: so they are there when another project is chosen. */
export const projectOf = ({ scope }: Route): string | undefined => (scope === "list" ? undefined : current);

interface Owned {
  readonly project?: string;
  readonly shared?: boolean;
}

/** Whose objects these lists show, which others do not. */
const owned = new Set([
  "guestList",
  "imageList",
  "templateList",
  "networkList",
  "firewallList",
  "operationList",
  "eventList",
  "uploadList",
]);

/** What is shown of a list while one project is looked at; undefined: all. */
export function partOf(list: string, project: string | undefined): ((items: unknown) => unknown) | undefined {
  if (project === undefined || !owned.has(list)) return undefined;
  const shows = (item: Owned) =>
    item.project === project ||
    item.shared === true ||
    (list === "networkList" && item.project === undefined);
  return (items) => (items as readonly Owned[]).filter(shows);
}

/** Where a guest's page is: by its name where that is looked for, else by its id. */
export const guestPath = ({ id, name, project }: { id: string; name: string; project: string }): string =>
  `/guests/${project === (current ?? defaultProject) ? name : id}`;
