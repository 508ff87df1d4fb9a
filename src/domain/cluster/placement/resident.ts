/** A guest's record as placement sees it: what it takes of the host that it is on, and what it wishes for. Pure. */
import { defaultMemorySettings, promise } from "#domain/host/memory";
import type { Resident } from "#domain/host/placement/wish";
import type { GuestRecord } from "#domain/guest/record";
import { hasProcess } from "#domain/guest/state";
import { networkId } from "#domain/network/record";
import { defaultPool } from "#contract/schema/pool";

/** Bytes of memory that are needed at once. What a host keeps for itself is no matter here: any size will do. */
export function atOnce(memory: number, accelerator: "kvm" | "tcg"): Resident["atOnce"] {
  const settings = defaultMemorySettings(memory);
  const needed = (how: "fork" | "boot") => promise({ memory, how, accelerator }, settings);
  return { fork: needed("fork"), boot: needed("boot") };
}

/** `host`: id of the one that has it. */
export function toResident(record: GuestRecord, host: string): Resident {
  const { id, name, project, labels, cpus, memory, machine, disks, nics, process, placement = {} } = record;
  const runs = hasProcess(record.state) || record.state === "creating";
  const disk = disks.reduce((sum, { size }) => sum + size, 0);
  return {
    id,
    name,
    project,
    labels,
    host,
    needs: runs ? { memory, cpus, disk } : { memory: 0, cpus: 0, disk },
    atOnce: atOnce(memory, process?.accelerator ?? "kvm"),
    machineType: machine.type,
    ...(process ? { accelerator: process.accelerator, cpuModel: machine.cpuModel } : {}),
    features: featuresOf(machine),
    networks: [...new Set(nics.map(({ network }) => networkId(project, network)))],
    // What it has in other pools is looked at when it is to move.
    pools: [{ name: defaultPool, bytes: 0 }],
    placement,
    ...(record.ha === undefined ? {} : { highlyAvailable: true }),
    ...heldBy(record),
    ...(process?.ram.kind === "template" ? { forkOf: process.ram.template } : {}),
  };
}

function heldBy({ shares, devices }: GuestRecord): Pick<Resident, "held"> {
  if (devices?.length)
    return { held: { reason: `it has the device ${devices[0]}`, fix: "Take the device away from it." } };
  if (!shares?.length) return {};
  const reason = `it sees the folder ${shares[0]!.path}`;
  return { held: { reason, fix: "Take the share away from it, or keep the folder in a shared pool." } };
}

/** What not every host can give a machine: see HostOffer. */
export const featuresOf = (machine: {
  readonly firmware: "bios" | "uefi";
  readonly tpm?: boolean | undefined;
  readonly sound?: boolean | undefined;
  readonly tablet?: boolean | undefined;
  readonly monitors?: number | undefined;
  readonly maxMemory?: number | undefined;
}): string[] => [
  ...(machine.firmware === "uefi" ? ["uefi"] : []),
  ...(machine.tpm ? ["tpm"] : []),
  ...(machine.sound ? ["sound"] : []),
  ...(machine.tablet ? ["tablet"] : []),
  ...(machine.monitors !== undefined && machine.monitors > 1 ? ["monitors"] : []),
  ...(machine.maxMemory === undefined ? [] : ["memory-plug"]),
];
