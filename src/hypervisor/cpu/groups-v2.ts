/**
 * Control groups of version 2 (kernel's Documentation/admin-guide/cgroup-v2.rst): one tree. Below `base` are the
 * guests' groups; base has been delegated to this process, and has no process of its own (delegate.ts).
 */
import type { Precedence } from "./precedence.ts";
import {
  isThere,
  kernelFiles,
  numberIn,
  putInto,
  removeGroup,
  tableIn,
  writeIf,
  type GroupFiles,
} from "./group-files.ts";
import {
  groupName,
  guestOf,
  period,
  quotaOf,
  type Controller,
  type GroupLimits,
  type Groups,
  type GroupUsage,
} from "./groups.ts";
import { memoryNames, memoryRoom, type MemoryRoom } from "./memory-room.ts";
import { Weights } from "./weights.ts";

/** Lets the groups below one have a controller. False: it may not be had. */
export function delegate(files: GroupFiles, group: string, controller: Controller): boolean {
  try {
    files.write(`${group}/cgroup.subtree_control`, `+${controller}`);
    return true;
  } catch {
    return false;
  }
}

/** Of cpu.weight. */
const weights = { ordinary: 100, least: 1, most: 10_000 } as const;
const unlimited = "max";

export interface V2Base {
  readonly path: string;
  /** Those that its children have. */
  readonly controllers: ReadonlySet<Controller>;
  /** The group this very process is in. */
  readonly own: string;
}

export class GroupsV2 implements Groups {
  readonly version = 2;
  readonly controllers: ReadonlySet<Controller>;
  readonly #base: V2Base;
  readonly #tag: string;
  readonly #files: GroupFiles;
  readonly #weights = new Weights(weights);

  constructor(tag: string, base: V2Base, files: GroupFiles = kernelFiles) {
    this.#tag = tag;
    this.#base = base;
    this.#files = files;
    this.controllers = base.controllers;
  }

  make(guest: string, limits: GroupLimits): void {
    // systemd may have taken one off the tree's root, where no unit of its own asks for it.
    for (const name of this.controllers) delegate(this.#files, this.#base.path, name);
    this.#files.make(this.#folder(guest));
    this.limit(guest, limits);
  }

  enter(guest: string, pid: number): void {
    putInto(this.#files, this.#folder(guest), pid);
  }

  limit(guest: string, { weight, cap, pin, nodes, memory, swap, tasks }: GroupLimits): void {
    if (!isThere(this.#files, this.#folder(guest))) return;
    this.#weights.limit(guest, weight);
    this.#setWeight(guest);
    const write = (controller: Controller, name: string, text: string) => {
      if (this.controllers.has(controller)) writeIf(this.#files, `${this.#folder(guest)}/${name}`, text);
    };
    write("cpu", "cpu.max", `${cap === undefined ? unlimited : quotaOf(cap)} ${period}`);
    // Empty: whatever the group above has.
    write("cpuset", "cpuset.cpus", pin ?? "\n");
    write("cpuset", "cpuset.mems", nodes ?? "\n");
    write("memory", "memory.max", String(memory ?? unlimited));
    write("memory", "memory.swap.max", String(swap ?? unlimited));
    write("pids", "pids.max", String(tasks ?? unlimited));
  }

  precede(guest: string, _pid: number, precedence: Precedence): void {
    this.#weights.precede(guest, precedence);
    this.#setWeight(guest);
  }

  usage(guest: string): GroupUsage | undefined {
    const folder = this.#folder(guest);
    if (!isThere(this.#files, folder)) return undefined;
    const cpu = tableIn(this.#files, `${folder}/cpu.stat`);
    const microseconds = cpu.get("usage_usec");
    const throttled = cpu.get("throttled_usec");
    const memory = numberIn(this.#files, `${folder}/memory.current`);
    const swapped = numberIn(this.#files, `${folder}/memory.swap.current`);
    return {
      ...(microseconds === undefined ? {} : { cpuSeconds: microseconds / 1e6 }),
      ...(throttled === undefined ? {} : { throttledSeconds: throttled / 1e6 }),
      ...(memory === undefined ? {} : { memory }),
      ...(swapped === undefined ? {} : { swapped }),
    };
  }

  remove(guest: string): boolean {
    if (!removeGroup(this.#files, this.#folder(guest))) return false;
    this.#weights.forget(guest);
    return true;
  }

  list(): string[] {
    return this.#files
      .list(this.#base.path)
      .flatMap((name) => guestOf(this.#tag, name) ?? [])
      .toSorted();
  }

  room(): MemoryRoom | undefined {
    return memoryRoom(this.#files, this.#base.path, memoryNames[2]);
  }

  async warm(): Promise<void> {
    await this.#files.writeSoon(`${this.#base.own}/cgroup.procs`, "0").catch(() => undefined);
  }

  #folder(guest: string): string {
    return `${this.#base.path}/${groupName(this.#tag, guest)}`;
  }

  #setWeight(guest: string): void {
    if (!this.controllers.has("cpu")) return;
    writeIf(this.#files, `${this.#folder(guest)}/cpu.weight`, this.#weights.of(guest));
  }
}
