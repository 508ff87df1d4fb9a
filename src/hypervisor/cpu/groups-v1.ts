/**
 * Control groups of version 1 (kernel's Documentation/admin-guide/cgroup-v1): each controller is a tree of its own,
 * or shares one with others, and is perhaps not mounted at all. A guest's group is one in each.
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

/** A group of the tree of each controller that is mounted: below it are those of guests. */
export type V1Bases = Readonly<Partial<Record<Controller | "cpuacct", string>>>;

/** cpu.shares (kernel/sched/sched.h). */
const shares = { ordinary: 1024, least: 2, most: 262_144 } as const;
const unlimited = "-1";

export class GroupsV1 implements Groups {
  readonly version = 1;
  readonly controllers: ReadonlySet<Controller>;
  readonly #bases: V1Bases;
  readonly #tag: string;
  readonly #files: GroupFiles;
  readonly #own: string | undefined;
  readonly #weights = new Weights(shares);

  /** `own`: the group that this very process is in, in one of the trees. */
  constructor(tag: string, bases: V1Bases, own: string | undefined, files: GroupFiles = kernelFiles) {
    this.#tag = tag;
    this.#own = own;
    this.#bases = bases;
    this.#files = files;
    this.controllers = new Set(
      (["cpu", "cpuset", "memory", "pids"] as const).filter((name) => bases[name] !== undefined),
    );
  }

  make(guest: string, limits: GroupLimits): void {
    for (const folder of this.#folders(guest)) this.#files.make(folder);
    this.#inheritCpuset(guest);
    this.limit(guest, limits);
  }

  enter(guest: string, pid: number): void {
    for (const folder of this.#folders(guest)) putInto(this.#files, folder, pid);
  }

  limit(guest: string, limits: GroupLimits): void {
    if (!this.#folders(guest).every((folder) => isThere(this.#files, folder))) return;
    this.#weights.limit(guest, limits.weight);
    this.#setShares(guest);
    const cpu = this.#folder("cpu", guest);
    if (cpu !== undefined) {
      writeIf(this.#files, `${cpu}/cpu.cfs_period_us`, String(period));
      const quota = limits.cap === undefined ? unlimited : String(quotaOf(limits.cap));
      writeIf(this.#files, `${cpu}/cpu.cfs_quota_us`, quota);
    }
    this.#setCpuset(guest, limits);
    this.#setMemory(guest, limits);
    const pids = this.#folder("pids", guest);
    if (pids !== undefined) this.#files.write(`${pids}/pids.max`, String(limits.tasks ?? "max"));
  }

  precede(guest: string, _pid: number, precedence: Precedence): void {
    this.#weights.precede(guest, precedence);
    this.#setShares(guest);
  }

  usage(guest: string): GroupUsage | undefined {
    const [first] = this.#folders(guest);
    if (first === undefined || !isThere(this.#files, first)) return undefined;
    const cpu = this.#folder("cpu", guest);
    const account = this.#folder("cpuacct", guest);
    const nanoseconds = account === undefined ? undefined : numberIn(this.#files, `${account}/cpuacct.usage`);
    const throttled =
      cpu === undefined ? undefined : tableIn(this.#files, `${cpu}/cpu.stat`).get("throttled_time");
    const memory = this.#folder("memory", guest);
    const used = memory === undefined ? undefined : numberIn(this.#files, `${memory}/memory.usage_in_bytes`);
    const both =
      memory === undefined ? undefined : numberIn(this.#files, `${memory}/memory.memsw.usage_in_bytes`);
    return {
      ...(nanoseconds === undefined ? {} : { cpuSeconds: nanoseconds / 1e9 }),
      ...(throttled === undefined ? {} : { throttledSeconds: throttled / 1e9 }),
      ...(used === undefined ? {} : { memory: used }),
      ...(used === undefined || both === undefined ? {} : { swapped: Math.max(0, both - used) }),
    };
  }

  remove(guest: string): boolean {
    // All of them, also when one is busy: what is gone is gone.
    const gone = this.#folders(guest).map((folder) => removeGroup(this.#files, folder));
    if (!gone.every(Boolean)) return false;
    this.#weights.forget(guest);
    return true;
  }

  list(): string[] {
    const names = Object.values(this.#bases).flatMap((base) => this.#files.list(base));
    return [...new Set(names.flatMap((name) => guestOf(this.#tag, name) ?? []))].toSorted();
  }

  room(): MemoryRoom | undefined {
    const { memory } = this.#bases;
    return memory === undefined ? undefined : memoryRoom(this.#files, memory, memoryNames[1]);
  }

  async warm(): Promise<void> {
    // Where this process is already: nothing changes but that the kernel is ready for a change.
    if (this.#own !== undefined)
      await this.#files.writeSoon(`${this.#own}/cgroup.procs`, "0").catch(() => undefined);
  }

  #folder(controller: Controller | "cpuacct", guest: string): string | undefined {
    const base = this.#bases[controller];
    return base === undefined ? undefined : `${base}/${groupName(this.#tag, guest)}`;
  }

  /** Controllers that are mounted together have one. */
  #folders(guest: string): string[] {
    const bases = new Set(Object.values(this.#bases));
    return [...bases].map((base) => `${base}/${groupName(this.#tag, guest)}`);
  }

  #setShares(guest: string): void {
    const cpu = this.#folder("cpu", guest);
    if (cpu !== undefined) writeIf(this.#files, `${cpu}/cpu.shares`, this.#weights.of(guest));
  }

  /** A new group has no processors and no memory nodes, and takes no process until it has. */
  #inheritCpuset(guest: string): void {
    const folder = this.#folder("cpuset", guest);
    if (folder === undefined) return;
    for (const name of ["cpuset.cpus", "cpuset.mems"]) {
      if (this.#files.read(`${folder}/${name}`).trim() !== "") continue;
      this.#files.write(`${folder}/${name}`, this.#files.read(`${this.#bases.cpuset!}/${name}`).trim());
    }
  }

  #setCpuset(guest: string, { pin, nodes }: GroupLimits): void {
    const folder = this.#folder("cpuset", guest);
    if (folder === undefined) return;
    const inherited = (name: string) => this.#files.read(`${this.#bases.cpuset!}/${name}`).trim();
    this.#files.write(`${folder}/cpuset.cpus`, pin ?? inherited("cpuset.cpus"));
    this.#files.write(`${folder}/cpuset.mems`, nodes ?? inherited("cpuset.mems"));
  }

  /** The limit of memory may never be above that of memory and swap together, not even for a moment. */
  #setMemory(guest: string, { memory, swap }: GroupLimits): void {
    const folder = this.#folder("memory", guest);
    if (folder === undefined) return;
    const alone = `${folder}/memory.limit_in_bytes`;
    const both = `${folder}/memory.memsw.limit_in_bytes`;
    writeIf(this.#files, both, unlimited);
    this.#files.write(alone, memory === undefined ? unlimited : String(memory));
    if (memory !== undefined && swap !== undefined) writeIf(this.#files, both, String(memory + swap));
  }
}
