/** Projects, as the API offers them. */
import { defaultProject } from "#contract/access";
import { LodgeError, hasCode } from "#contract/errors";
import type { Quota } from "#contract/schema/quota";
import type { Schemas } from "#contract/schemas";
import type { Clock } from "#base/clock";
import type { Store } from "#durable/store/store";
import {
  anyProject,
  findProject,
  listProjects,
  projectKey,
  projectPrefix,
  toProject,
  type FoundProject,
  type ProjectRecord,
} from "./record.ts";

export interface ProjectsParts {
  readonly store: Store;
  readonly clock: Clock;
  /** What a project holds, in words: "guest web", "2 images". */
  readonly held: (project: string) => Promise<readonly string[]>;
  /** Takes away what goes with a project without being asked for: roles in it, its network. */
  readonly clear: (project: string) => Promise<void>;
  /** What it has, and who has it. */
  readonly usage: (project: string) => Promise<Schemas["ProjectUsage"]>;
}

export class Projects {
  readonly #parts: ProjectsParts;

  constructor(parts: ProjectsParts) {
    this.#parts = parts;
  }

  /** Takes back what a daemon's end left half removed. */
  async open(): Promise<void> {
    const { items } = await this.#parts.store.list(projectPrefix);
    for (const { value } of items) {
      const { name, removing } = value as ProjectRecord;
      if (removing) await this.#mark(name, false);
    }
  }

  async list(): Promise<Schemas["Project"][]> {
    return (await listProjects(this.#parts.store)).map(toProject);
  }

  /** @throws LodgeError project.not_found */
  async get(name: string): Promise<Schemas["Project"]> {
    return toProject((await findProject(this.#parts.store, name)).project);
  }

  /** @throws LodgeError project.name_taken */
  async create(body: Schemas["ProjectCreate"]): Promise<Schemas["Project"]> {
    const { store, clock } = this.#parts;
    const { name, description = "", encrypted = false } = body;
    const createdAt = new Date(clock.now()).toISOString();
    const record: ProjectRecord = { name, description, createdAt, ...(encrypted ? { encrypted } : {}) };
    if (name === defaultProject) throw new LodgeError("project.name_taken", { name });
    const key = projectKey(name);
    try {
      await store.transact({ compare: [{ key, revision: "absent" }], put: [{ key, value: record }] });
    } catch (error) {
      if (hasCode(error, "store.conflict"))
        throw new LodgeError("project.name_taken", { name }, { cause: error });
      throw error;
    }
    return toProject(record);
  }

  /** @throws LodgeError project.not_found */
  async update(name: string, change: Schemas["ProjectUpdate"]): Promise<Schemas["Project"]> {
    for (;;) {
      const found = await findProject(this.#parts.store, name);
      const record = { ...found.project, ...change };
      if (await this.#put(found, record)) return toProject(record);
    }
  }

  /** @throws LodgeError project.not_found */
  async usage(name: string): Promise<Schemas["ProjectUsage"]> {
    await findProject(this.#parts.store, name);
    return this.#parts.usage(name);
  }

  /** @throws LodgeError project.not_found */
  async changeQuota(name: string, change: Schemas["QuotaChange"]): Promise<Schemas["ProjectUsage"]> {
    for (;;) {
      const found = await findProject(this.#parts.store, name);
      const { quota: before, ...project } = found.project;
      const all = Object.entries({ ...before, ...change }).filter(([, most]) => typeof most === "number");
      const record = all.length === 0 ? project : { ...project, quota: Object.fromEntries(all) as Quota };
      if (await this.#put(found, record)) return this.usage(name);
    }
  }

  /** @throws LodgeError project.not_found, project.default, project.in_use */
  async remove(name: string): Promise<Schemas["Project"]> {
    if (name === defaultProject) throw new LodgeError("project.default");
    const { store, clear } = this.#parts;
    const { project } = await findProject(store, name);
    await this.#requireEmpty(name);
    await this.#mark(name, true);
    try {
      // Nothing can be put into it by now: what was put there before is seen.
      await this.#requireEmpty(name);
      await clear(name);
    } catch (error) {
      await this.#mark(name, false);
      throw error;
    }
    await store.transact({ delete: [projectKey(name)] });
    return toProject(project);
  }

  async #mark(name: string, removing: boolean): Promise<void> {
    for (;;) {
      const found = await anyProject(this.#parts.store, name);
      const { removing: _, ...record } = found.project;
      if (await this.#put(found, removing ? { ...record, removing } : record)) return;
    }
  }

  /** False: somebody else changed it meanwhile. */
  async #put({ project, revision }: FoundProject, value: ProjectRecord): Promise<boolean> {
    const key = projectKey(project.name);
    try {
      await this.#parts.store.transact({ compare: [{ key, revision }], put: [{ key, value }] });
      return true;
    } catch (error) {
      if (hasCode(error, "store.conflict")) return false;
      throw error;
    }
  }

  async #requireEmpty(name: string): Promise<void> {
    const held = await this.#parts.held(name);
    if (held.length === 0) return;
    const more = held.length > 5 ? ` and ${held.length - 5} more` : "";
    throw new LodgeError("project.in_use", { project: name, held: held.slice(0, 5).join(", ") + more });
  }
}
