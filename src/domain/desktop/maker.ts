/** Makes guests of a pool by the usual ways: a run of its image, or a branch of its guest. */
import type { Operation } from "#contract/operation";
import type { DesktopMark } from "#contract/schema/desktop-mark";
import type { Guest } from "#contract/schema/guest";
import type { Schemas } from "#contract/schemas";
import type { OperationEngine } from "#durable/operation/engine";
import type { Store } from "#durable/store/store";
import type { defineBranch } from "../guest/branch.ts";
import { findGuest, guestTarget } from "../guest/record.ts";
import type { Runner } from "../template/run.ts";
import type { Claiming } from "./claim.ts";
import type { PoolRecord } from "./record.ts";

export interface MakerParts {
  readonly store: Store;
  readonly engine: Pick<OperationEngine, "start">;
  readonly runner: Pick<Runner, "run" | "prepare">;
  readonly branch: ReturnType<typeof defineBranch>;
  /** Sees to it that an image is on this host, where another has it. */
  readonly bring: (image: string, project: string) => Promise<void>;
}

const nothing: Claiming = { compare: [], put: [] };

export class Maker {
  readonly #parts: MakerParts;

  constructor(parts: MakerParts) {
    this.#parts = parts;
  }

  /** Resolves when guests of the pool can be forked, where they can be at all. */
  async prepare(pool: PoolRecord): Promise<void> {
    if (pool.guest !== undefined) return;
    await this.#parts.bring(pool.image!, pool.project);
    await this.#parts.runner.prepare(bodyOf(pool, "g"), pool.project);
  }

  /** Begins to make a guest with this id; `beside` is written down with its record, or neither is. */
  async make(
    pool: PoolRecord,
    id: string,
    desktop: DesktopMark,
    beside: () => Promise<Claiming> = async () => nothing,
  ): Promise<Operation> {
    const has = { desktop, ...recordedPolicy(pool) };
    if (pool.guest !== undefined) return this.#branch(pool, pool.guest, id, { has, ...(await beside()) });
    await this.#parts.bring(pool.image!, pool.project);
    return this.#parts.runner.run(bodyOf(pool, id), pool.project, { id, has, with: beside });
  }

  async #branch(
    { name, project }: PoolRecord,
    source: string,
    id: string,
    made: Claiming & { readonly has: ReturnType<typeof recordedPolicy> & { readonly desktop: DesktopMark } },
  ): Promise<Operation> {
    const { store, engine, branch } = this.#parts;
    const parent = await findGuest(store, source, project);
    const input = {
      guest: parent.id,
      count: 1,
      allowTpm: false,
      name: guestName(name, id),
      made: { id, ...made },
    };
    const started = await engine.start(branch, input, { targets: [guestTarget(parent.id)], project });
    return started.operation;
  }
}

/** The guest that a pool's are branches of, which are made where it is; undefined: there is none. */
export const sourceOf = (guests: Iterable<Guest>, { guest, project }: PoolRecord): Guest | undefined =>
  [...guests].find((one) => one.id === guest || (one.name === guest && one.project === project));

/** What of a pool's policy its guests' records say. */
export const recordedPolicy = ({
  policy: { clipboard = "both", files = "both" },
}: Pick<PoolRecord, "policy">) => ({
  clipboard,
  fileDrop: files === "both" || files === "in",
});

const guestName = (pool: string, id: string): string => `${pool.slice(0, 55)}-${id.slice(-6)}`;

/** What a run of the pool's image is asked for. */
export const bodyOf = (
  { name, image, cpus, memory, networks, sound, policy: { monitors = 1 } }: PoolRecord,
  id: string,
): Schemas["GuestCreate"] => ({
  image: image!,
  name: guestName(name, id),
  ...(cpus === undefined ? {} : { cpus }),
  ...(memory === undefined ? {} : { memory }),
  ...(networks === undefined ? {} : { network: [...networks] }),
  sound,
  ...(monitors === 1 ? {} : { monitors }),
});
