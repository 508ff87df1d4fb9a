/** What somebody sees of lists, counts and what is told: as he may now, also in a stream that has been open for long. */
import { decide, type Holder, type Owner, type Permission } from "#contract/access";

export class Sight {
  readonly #needed: Permission;
  readonly #listeners = new Set<() => void>();
  #holder: Holder | undefined;
  /** The one project that is looked at; undefined: all. */
  readonly project: string | undefined;

  constructor(holder: Holder | undefined, needed: Permission, project?: string) {
    this.#holder = holder;
    this.#needed = needed;
    this.project = project;
  }

  /** Is nothing hidden? Then there is nothing to ask of each. */
  get isWhole(): boolean {
    return this.project === undefined && this.seesHost;
  }

  /** Is what belongs to no project, and what tells of all, for these eyes? */
  get seesHost(): boolean {
    return decide(this.#holder, this.#needed, {}) === "allowed";
  }

  /** `needed`: another role than the usual one. */
  sees(owner: Owner, needed = this.#needed): boolean {
    const { project } = this;
    if (project !== undefined && owner.project !== project && !owner.shared) return false;
    return decide(this.#holder, needed, owner) === "allowed";
  }

  /** He may something else from now on. */
  become(holder: Holder | undefined): void {
    const before = JSON.stringify([this.#holder?.role, this.#holder?.projects]);
    this.#holder = holder;
    if (JSON.stringify([holder?.role, holder?.projects]) === before) return;
    for (const listener of this.#listeners) listener();
  }

  /** Calls back when something else is seen; until the function that it returns is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Of whoever has the host: everything. */
export const wholeSight = (): Sight => new Sight({ role: "admin" }, "viewer");
