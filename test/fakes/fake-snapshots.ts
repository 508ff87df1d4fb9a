import { LodgeError } from "#contract/errors";
import type { GuestAction } from "#contract/actions";
import type { Schemas } from "#contract/schemas";
import type { SnapshotService } from "#server/services";
import type { FakeOperations } from "./fake-operations.ts";

type Snapshot = Schemas["Snapshot"];

interface Parts {
  readonly guest: (ref: string, action?: GuestAction) => Schemas["Guest"];
  readonly operations: FakeOperations;
}

/** Snapshots in memory, of guests that are there no more than in name. */
export class FakeSnapshots implements SnapshotService {
  readonly #parts: Parts;
  readonly #all: Snapshot[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  #begin(kind: string, ref: string, result: unknown) {
    const { guest, operations } = this.#parts;
    return operations.begin(`snapshot.${kind}`, [`guest:${guest(ref).id}`], result);
  }

  #find(ref: string, snapshot: string): Snapshot {
    const guest = this.#parts.guest(ref);
    const found = this.#all.find((one) => one.guest === guest.id && [one.id, one.name].includes(snapshot));
    if (!found) throw new LodgeError("snapshot.not_found", { guest: ref, snapshot });
    return found;
  }

  async list(ref: string) {
    const { id } = this.#parts.guest(ref);
    return this.#all.filter(({ guest }) => guest === id);
  }

  async get(ref: string, snapshot: string) {
    return this.#find(ref, snapshot);
  }

  async take(ref: string, { name = "at-noon", description = "", memory = false }: Schemas["SnapshotCreate"]) {
    const guest = this.#parts.guest(ref, "snapshot");
    if (this.#all.some((one) => one.guest === guest.id && one.name === name))
      throw new LodgeError("snapshot.name_taken", { guest: ref, name });
    const snapshot: Snapshot = {
      id: `s${this.#all.length}`,
      guest: guest.id,
      project: guest.project,
      name,
      description,
      createdAt: new Date(1_700_000_000_000 + this.#all.length * 1000).toISOString(),
      kind: memory ? "memory" : "disks",
      consistency: memory ? "memory" : "agent",
      pause: 12.5,
      size: 1048576,
      shared: 0,
      cpus: guest.cpus,
      memory: guest.memory,
      disks: guest.disks.map(({ id, size }) => ({ id, size })),
      ...(memory ? { memorySize: 2097152 } : {}),
      ...(guest.snapshot === undefined ? {} : { parent: guest.snapshot }),
    };
    this.#all.push(snapshot);
    guest.snapshot = snapshot.id;
    return this.#begin("create", ref, { snapshot });
  }

  async update(ref: string, snapshot: string, body: Schemas["SnapshotUpdate"]) {
    return Object.assign(this.#find(ref, snapshot), body);
  }

  async remove(ref: string, snapshot: string) {
    const found = this.#find(ref, snapshot);
    this.#all.splice(this.#all.indexOf(found), 1);
    return this.#begin("remove", ref, { removed: [found.name], freed: found.size });
  }

  async restore(ref: string, snapshot: string, { force = false }: Schemas["SnapshotRestore"]) {
    const found = this.#find(ref, snapshot);
    const guest = this.#parts.guest(ref, force ? "force-restore" : "restore");
    guest.snapshot = found.id;
    return this.#begin("restore", ref, { guest });
  }

  async fork(ref: string, snapshot: string, { name = "made" }: Schemas["SnapshotFork"]) {
    this.#find(ref, snapshot);
    return this.#begin("fork", ref, { guest: { ...this.#parts.guest(ref), name } });
  }

  async prune(ref: string, { keep = 0 }: Schemas["SnapshotPrune"]) {
    const gone = (await this.list(ref)).slice(0, -keep || undefined);
    for (const one of gone) this.#all.splice(this.#all.indexOf(one), 1);
    return this.#begin("remove", ref, { removed: gone.map(({ name }) => name), freed: 0 });
  }
}
