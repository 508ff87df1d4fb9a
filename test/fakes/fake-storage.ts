/** One pool, and volumes that are made, moved and attached at once. */
import { LodgeError } from "#contract/errors";
import { defaultPool, type Pool } from "#contract/schema/pool";
import type { Volume } from "#contract/schema/volume";
import type { Services } from "#server/services";
import type { FakeOperations } from "./fake-operations.ts";

const GiB = 2 ** 30;

const home: Pool = {
  name: defaultPool,
  kind: "directory",
  target: "/var/lib/lodge/layers",
  description: "",
  state: "ready",
  size: 100 * GiB,
  free: 40 * GiB,
  reflink: false,
  promised: 60 * GiB,
  used: 9 * GiB,
  volumes: 3,
};

export class FakePools {
  readonly known = new Map([[defaultPool, home]]);

  async list(): Promise<Pool[]> {
    return [...this.known.values()];
  }

  async get(pool: string): Promise<Pool> {
    const found = this.known.get(pool);
    if (!found) throw new LodgeError("pool.not_found", { pool });
    return found;
  }

  create: Services["pools"]["create"] = async ({ name, description = "", ...body }) => {
    if (this.known.has(name)) throw new LodgeError("pool.name_taken", { name });
    this.known.set(name, { ...home, name, description, ...body, promised: 0, used: 0, volumes: 0 });
    return this.get(name);
  };

  update: Services["pools"]["update"] = async (name, { description, quota }) => {
    const { quota: before, ...pool } = await this.get(name);
    const limit = quota === undefined ? before : (quota ?? undefined);
    const words = description === undefined ? {} : { description };
    this.known.set(name, { ...pool, ...words, ...(limit === undefined ? {} : { quota: limit }) });
    return this.get(name);
  };

  async remove(name: string): Promise<Pool> {
    if (name === defaultPool) throw new LodgeError("pool.default");
    const pool = await this.get(name);
    this.known.delete(name);
    return pool;
  }
}

export class FakeVolumes {
  readonly known = new Map<string, Volume>();
  readonly #operations: FakeOperations;

  constructor(operations: FakeOperations) {
    this.#operations = operations;
  }

  list: Services["volumes"]["list"] = async () => [...this.known.values()];

  async get(volume: string): Promise<Volume> {
    const found = this.known.get(volume);
    if (!found) throw new LodgeError("volume.not_found", { volume });
    return found;
  }

  create: Services["volumes"]["create"] = async (
    { name, description = "", pool = defaultPool, ...body },
    project,
  ) => {
    if (this.known.has(name)) throw new LodgeError("volume.name_taken", { name });
    const made = {
      id: `v${name}`,
      name,
      project,
      description,
      pool,
      state: "ready",
      used: 0,
      own: false,
      encrypted: false,
    } as const;
    this.known.set(name, { format: "qcow2", ...body, ...made });
    return this.#operations.begin("volume.create", [`volume:v${name}`], { volume: `v${name}`, name });
  };

  resize: Services["volumes"]["resize"] = (ref, { size }) => this.#change(ref, "resize", { size });
  clone: Services["volumes"]["clone"] = async (ref, { name }) => {
    this.known.set(name, { ...(await this.get(ref)), id: `v${name}`, name });
    return this.#operations.begin("volume.create", [`volume:v${name}`], { volume: `v${name}`, name });
  };
  move: Services["volumes"]["move"] = (ref, { pool }) => this.#change(ref, "move", { pool });
  attach: Services["volumes"]["attach"] = (ref, { guest }) =>
    this.#change(ref, "attach", { guest, guestName: guest, disk: "disk1" });
  detach: Services["volumes"]["detach"] = async (ref) => {
    const { guest: _guest, guestName: _name, disk: _disk, ...rest } = await this.get(ref);
    this.known.set(ref, rest);
    return this.#operations.begin("volume.detach", [`volume:${rest.id}`]);
  };

  async remove(ref: string): Promise<Volume> {
    const found = await this.get(ref);
    this.known.delete(ref);
    return found;
  }

  async #change(ref: string, verb: string, change: Partial<Volume>) {
    const found = await this.get(ref);
    this.known.set(ref, { ...found, ...change });
    return this.#operations.begin(`volume.${verb}`, [`volume:${found.id}`], { disk: "disk1" });
  }
}
