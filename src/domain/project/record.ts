/**
 * Projects as the store keeps them.
 *
 *   projects/NAME    the record; of "default", which is always there, only where something is said of it
 *
 *   there ──► removing ──► (gone)
 *     ▲          │  it holds something after all
 *     └──────────┘
 *
 * Whoever puts something into a project compares the revision of its key in the transaction that records it:
 * then either that is recorded before the project is marked, and seen by whoever removes it, or not at all.
 */
import { defaultProject } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { Quota } from "#contract/schema/quota";
import type { Schemas } from "#contract/schemas";
import type { Compare, ReadStore, Store } from "#durable/store/store";
import { find } from "#durable/store/update";

export interface ProjectRecord {
  readonly name: string;
  readonly description: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly quota?: Quota;
  /** New guests and volumes are encrypted unless they are asked not to be. */
  readonly encrypted?: boolean;
  readonly removing?: true;
}

export const projectPrefix = "projects/";
export const projectKey = (name: string): string => projectPrefix + name;

/** What is known of the default project where nobody said anything of it. */
const untold: ProjectRecord = {
  name: defaultProject,
  description: "",
  createdAt: "1970-01-01T00:00:00.000Z",
};

export interface FoundProject {
  readonly project: ProjectRecord;
  readonly revision: number | "absent";
}

/** Also one that is being removed. @throws LodgeError project.not_found */
export async function anyProject(store: ReadStore, name: string): Promise<FoundProject> {
  const item = await find(store, projectKey(name));
  if (item) return { project: item.value as ProjectRecord, revision: item.revision };
  if (name === defaultProject) return { project: untold, revision: "absent" };
  throw new LodgeError("project.not_found", { project: name });
}

/** @throws LodgeError project.not_found */
export async function findProject(store: ReadStore, name: string): Promise<FoundProject> {
  const found = await anyProject(store, name);
  if (found.project.removing) throw new LodgeError("project.not_found", { project: name });
  return found;
}

/**
 * What a transaction compares that puts something into a project. Nothing for the default one, which stays.
 *
 * @throws LodgeError project.not_found
 */
export async function stays(store: Store, name: string): Promise<Compare[]> {
  if (name === defaultProject) return [];
  const { revision } = await findProject(store, name);
  return [{ key: projectKey(name), revision }];
}

/** By name, the default one first. */
export async function listProjects(store: Store): Promise<ProjectRecord[]> {
  const records = (await store.list(projectPrefix)).items.map(({ value }) => value as ProjectRecord);
  const known = records.find(({ name }) => name === defaultProject) ?? untold;
  const others = records.filter(({ name, removing }) => name !== defaultProject && !removing);
  return [known, ...others.toSorted((a, b) => (a.name < b.name ? -1 : 1))];
}

export const toProject = ({ removing: _, ...project }: ProjectRecord): Schemas["Project"] => project;
