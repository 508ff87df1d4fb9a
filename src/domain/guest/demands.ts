/** What is asked of the host and a project where guests are made, started and changed. Pure. */
import type { Amounts } from "#contract/schema/quota";
import type { Demand } from "../host/demand.ts";
import { hasProcess } from "./state.ts";
import type { GuestRecord } from "./record.ts";

type Asked = Pick<GuestRecord, "name" | "project" | "cpus" | "memory" | "disks" | "publish">;

const subject = ({ name }: Pick<GuestRecord, "name">): string => `Guest '${name}'`;

const diskOf = ({ disks }: Pick<GuestRecord, "disks">): number =>
  disks.reduce((sum, { size }) => sum + size, 0);

/** New guests, `count` of this shape. */
export const toMake = (record: Asked, { starts = true, count = 1 } = {}): Demand => ({
  subject: count === 1 ? subject(record) : `${count} guests like '${record.name}'`,
  project: record.project,
  adds: {
    guests: count,
    cpus: record.cpus * count,
    memory: record.memory * count,
    disk: diskOf(record) * count,
    ports: record.publish.length * count,
  },
  ...(starts ? { runs: { memory: record.memory * count, cpus: record.cpus * count } } : {}),
});

export const toStart = (
  record: Pick<GuestRecord, "name" | "project" | "cpus" | "memory" | "comesBack">,
): Demand => ({
  subject: subject(record),
  project: record.project,
  runs: { memory: record.memory, cpus: record.cpus },
  ...(record.comesBack === undefined ? {} : { comesBack: true }),
});

/** One that runs elsewhere, and is to run here. */
export const toArrive = (record: Pick<GuestRecord, "name" | "project" | "cpus" | "memory">): Demand => ({
  ...toStart(record),
  comesBack: true,
});

export const toAdd = (record: Pick<GuestRecord, "name" | "project">, adds: Partial<Amounts>): Demand => ({
  subject: subject(record),
  project: record.project,
  adds,
});

/** A volume that is in no guest, or how much larger one is to be. */
export const toKeep = (volume: {
  readonly name: string;
  readonly project: string;
  readonly size: number;
}): Demand => ({
  subject: `Volume '${volume.name}'`,
  project: volume.project,
  adds: { disk: volume.size },
});

/** What it has more of once it is what it was when a snapshot was taken: it rests then. */
export function toRestore(
  before: GuestRecord,
  then: Pick<GuestRecord, "cpus" | "memory" | "disks">,
): Demand | undefined {
  const cpus = Math.max(0, then.cpus - before.cpus);
  const memory = Math.max(0, then.memory - before.memory);
  const disk = Math.max(0, diskOf(then) - diskOf(before));
  return cpus + memory + disk === 0 ? undefined : toAdd(before, { cpus, memory, disk });
}

/** What it has more of when it is so; undefined where that is nothing. */
export function toChange(before: GuestRecord, after: GuestRecord): Demand | undefined {
  const cpus = after.cpus - before.cpus;
  const memory = after.memory - before.memory;
  const ports = after.publish.length - before.publish.length;
  if (cpus <= 0 && memory <= 0 && ports <= 0) return undefined;
  return {
    ...toAdd(before, { cpus, memory, ports }),
    ...(hasProcess(before.state) ? { runs: { cpus, memory } } : {}),
  };
}
