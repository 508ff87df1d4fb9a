/**
 * How much a guest may take of what it shares, by its record: its control group, its disks' throttles, its taps' rates.
 * Each part may be set at any time and again; what the record says is what holds.
 */
import { LodgeError } from "#contract/errors";
import { limitsOfDisk } from "#contract/limits";
import type { GuestLimits, LimitsChange } from "#contract/schema/limits";
import type { Controller, GroupLimits, Groups } from "#hypervisor/cpu/groups";
import { onlineCpus, parseCpuList } from "#hypervisor/cpu/cpu-list";
import { readNodes, type Node } from "#hypervisor/cpu/numa";
import { translationBuffer } from "#hypervisor/qemu/argv";
import { throttleDisk } from "#hypervisor/qemu/throttle";
import { isWired } from "../network/member.ts";
import type { Networks } from "../network/networks.ts";
import type { LiveGuest } from "./live.ts";
import type { GuestRecord } from "./record.ts";

const mebibyte = 2 ** 20;

/**
 * Bytes besides the guest's memory: QEMU itself, what it keeps for displays and disks, the pages of the guest's disks
 * that the host's kernel keeps for it. A bound for a QEMU that has gone wild, not what one takes.
 */
const overhead = 1024 * mebibyte;

/** Threads besides the virtual processors: workers of disks (64 at once), of displays, of migration, and the TPM. */
const spareTasks = 256;

/** Pure. */
export function groupLimits(
  { cpus, memory, limits = {} }: Pick<GuestRecord, "cpus" | "memory" | "limits">,
  accelerator: "kvm" | "tcg",
  node?: Pick<Node, "id" | "cpus">,
): GroupLimits {
  const translated = accelerator === "tcg" ? translationBuffer(cpus) * mebibyte : 0;
  return {
    weight: limits.weight,
    cap: limits.cap,
    // Who pins it knows where its memory is best.
    pin: limits.pin ?? node?.cpus,
    nodes: limits.pin === undefined && node ? String(node.id) : undefined,
    memory: memory + translated + overhead,
    swap: limits.swap,
    tasks: cpus + spareTasks,
  };
}

const needs: readonly {
  readonly limit: "weight" | "cap" | "pin" | "swap";
  readonly controller: Controller;
}[] = [
  { limit: "weight", controller: "cpu" },
  { limit: "cap", controller: "cpu" },
  { limit: "pin", controller: "cpuset" },
  { limit: "swap", controller: "memory" },
];

type Limited = Pick<GuestRecord, "disks" | "nics"> & { readonly limits?: GuestLimits | undefined };

/**
 * What cannot be kept is not promised. `named`: what somebody asks for; of a disk that is gone since, limits may stay.
 *
 * @throws LodgeError api.unsupported, api.invalid
 */
export function requireKept(
  { disks, nics, limits }: Limited,
  groups: Pick<Groups, "controllers">,
  named: Pick<LimitsChange, "disks" | "nics"> = limits ?? {},
): void {
  if (!limits) return;
  for (const { limit, controller } of needs) {
    if (limits[limit] === undefined || groups.controllers.has(controller)) continue;
    const reason = `the daemon can make no control groups with '${controller}'`;
    throw new LodgeError("api.unsupported", { what: `The limit '${limit}'`, reason });
  }
  requirePin(limits.pin);
  for (const disk of Object.keys(named.disks ?? {}))
    if (!disks.some(({ id }) => id === disk)) throw none(`limits.disks.${disk}`, "disk");
  for (const nic of Object.keys(named.nics ?? {}))
    if (!nics.some(({ id }) => id === nic)) throw none(`limits.nics.${nic}`, "network card");
  const loose = nics.find((nic) => !isWired(nic) && (limits.nics?.[nic.id] ?? limits.nic));
  if (loose) {
    const reason = `its network '${loose.network}' is QEMU's own, which has none`;
    throw new LodgeError("api.unsupported", { what: `A rate of ${loose.id}`, reason });
  }
}

const none = (field: string, what: string) =>
  new LodgeError("api.invalid", { field, reason: `the guest has no such ${what}` });

function requirePin(pin: string | undefined): void {
  if (pin === undefined) return;
  const online = onlineCpus();
  const wanted = parseCpuList(pin);
  if (wanted.length > 0 && wanted.every((cpu) => parseCpuList(online).includes(cpu))) return;
  const reason = `'${pin}' is not of the host's processors, which are ${online}`;
  throw new LodgeError("api.invalid", { field: "limits.pin", reason });
}

/** Only for a guest that has limits, or had some until now. */
export async function throttleDisks(
  { monitor }: Pick<LiveGuest, "monitor">,
  { disks, limits }: Pick<GuestRecord, "disks" | "limits">,
): Promise<void> {
  for (const disk of disks) {
    const { limits: rates, alone } = limitsOfDisk(limits, disk.id);
    await throttleDisk(monitor, disk, rates, alone ? disk.id : "guest");
  }
}

/** The node that a process was placed on; undefined where it was not, or the computer has it no more. */
export const nodeOf = (process: { readonly node?: number } | undefined): Node | undefined =>
  process?.node === undefined ? undefined : readNodes().find(({ id }) => id === process.node);

/** Makes what runs keep to what the record says now. */
export async function applyLimits(
  { groups, networks }: { readonly groups: Groups; readonly networks: Pick<Networks, "shape"> },
  live: LiveGuest,
  record: GuestRecord,
): Promise<void> {
  groups.limit(record.id, groupLimits(record, record.process?.accelerator ?? "kvm", nodeOf(record.process)));
  await throttleDisks(live, record);
  await networks.shape(record);
}
