/** A guest's record as the plan of the machine that QEMU is started with. */
import { LodgeError } from "#contract/errors";
import { isWired, type RecordedNic } from "../network/member.ts";
import { userOptions } from "#hypervisor/net/user-mode";
import type {
  DrivePlan,
  FirmwarePlan,
  MachinePlan,
  MemoryPlan,
  NicPlan,
  SharePlan,
} from "#hypervisor/qemu/plan";
import { layerById } from "../volume/layer.ts";
import { openableDisk, type KeyParts, type OpenableDisk } from "./disk-plan.ts";
import type { GuestPlace } from "./place.ts";
import { bootMemory, pluggablePlan } from "./plugged.ts";
import { bootOrder, type GuestRecord } from "./record.ts";

/**
 * The CPU for TCG: what x86-64-v2 asks for, named part by part so that it never changes. (With AVX and XSAVE
 * added by name to this model, Debian 13's kernel hangs early in its boot under QEMU 7.2.)
 */
export const tcgCpu = "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16,+lahf-lm";

/** Of new guests: see argv.ts. */
export const deviceLayout = 5;
/** From this one on there is a controller to plug disks into. */
const plugsDisks = 3;
/** From this one on there is a port for SPICE's agent. */
const hasSpice = 4;
/** From this one on there are ports that NICs come to and go from. */
const plugsNics = 5;

export const hasNicPorts = ({ machine }: Pick<GuestRecord, "machine">): boolean =>
  machine.layout >= plugsNics;

export const hasSpicePort = ({ machine }: Pick<GuestRecord, "machine">): boolean =>
  machine.layout >= hasSpice;

export interface MachineParts extends KeyParts {
  readonly place: GuestPlace;
  readonly accelerator: "kvm" | "tcg";
  /** Has QEMU a VNC server? */
  readonly vnc: boolean;
  readonly ram: MemoryPlan;
  readonly incoming?: MachinePlan["incoming"];
  /** Are its disks' files named one by one? See openableDisk(). */
  readonly whole?: boolean | undefined;
  /** Inherited descriptor of each NIC's tap by the NIC's id; one without is user-mode. */
  readonly taps: Readonly<Record<string, number>>;
  /** Media of the drives by their id. */
  readonly media: Readonly<Record<string, Pick<DrivePlan, "file" | "descriptor">>>;
  /** Template of the UEFI code, where the firmware is UEFI. */
  readonly uefiCode?: string;
  /** The inherited descriptor of a file that has this passphrase. */
  readonly inherit?: (passphrase: string) => number;
  /** Inherited descriptor of the socket to its TPM. */
  readonly tpm?: number;
  /** Inherited descriptors of the sockets to what serves its shared folders, in their order. */
  readonly shares?: readonly number[];
  /** Devices of the host's, as MachinePlan has them. */
  readonly handed?: { readonly usb: readonly number[]; readonly pci: readonly string[] };
}

/** A NIC's place in the machine comes from its id: "nic2" is the third. */
export const nicPlace = (id: string): number => Number.parseInt(id.replace(/\D/g, ""), 10);

/** `tap`: an open descriptor of its tap. */
export function nicPlan(nic: RecordedNic, record: GuestRecord, tap: number | undefined): NicPlan {
  const { id, mac, port, mtu } = nic;
  const card = {
    id,
    mac,
    place: nicPlace(id),
    ...(port === undefined ? {} : { port }),
    ...(mtu === undefined ? {} : { mtu }),
  };
  if (tap !== undefined) return { ...card, backend: { kind: "tap", descriptor: tap } };
  // A port of the host leads to one card.
  const first = record.nics.find((other) => !isWired(other))?.id === id;
  const user = { publishes: first ? record.publish : [], hostname: record.hostname };
  return { ...card, backend: { kind: "user", options: userOptions(user) } };
}

async function firmwarePlan(record: GuestRecord, parts: MachineParts): Promise<FirmwarePlan> {
  const { firmware, secureBoot } = record.machine;
  if (firmware === "bios") return { kind: "bios" };
  if (parts.uefiCode === undefined || record.nvram === undefined) {
    throw new LodgeError("api.unsupported", { what: "UEFI", reason: "the package ovmf is not installed" });
  }
  return {
    kind: "uefi",
    code: parts.uefiCode,
    vars: (await layerById(parts.store, record.nvram)).path,
    secureBoot,
  };
}

/** Has this machine a seed disk? Those that booted with cloud-init have; a fork's seed lies in its file system. */
export const hasSeed = (record: Pick<GuestRecord, "cloudInit" | "origin">): boolean =>
  record.cloudInit && record.origin.template === undefined;

/** Two disks may stand on one layer. */
function secretsOf(disks: readonly OpenableDisk[], { inherit }: MachineParts): Pick<MachinePlan, "secrets"> {
  const all = new Map(disks.flatMap(({ secrets }) => secrets.map(({ id, data }) => [id, data])));
  if (all.size === 0) return {};
  if (!inherit) throw new TypeError("this machine is given no passphrases");
  return { secrets: [...all].map(([id, data]) => ({ id, descriptor: inherit(data) })) };
}

const sharePlans = ({ shares = [] }: GuestRecord, descriptors: readonly number[]): SharePlan[] =>
  descriptors.map((descriptor, at) => ({ tag: shares[at]!.name, descriptor }));

export async function machinePlan(record: GuestRecord, parts: MachineParts): Promise<MachinePlan> {
  const disks = await Promise.all(record.disks.map((disk) => openableDisk(parts, record.id, disk, parts)));
  const pluggable = pluggablePlan(record);
  const drives: DrivePlan[] = record.drives.map(({ id }) => ({ id, file: undefined, ...parts.media[id] }));
  return {
    name: record.name,
    uuid: record.uuid,
    vmgenid: record.vmgenid,
    machineType: record.machine.type,
    cpuModel: record.machine.cpuModel,
    accelerator: parts.accelerator,
    cpus: record.cpus,
    ...(record.machine.maxCpus === undefined
      ? {}
      : { maxCpus: Math.max(record.cpus, record.machine.maxCpus) }),
    memory: bootMemory(record),
    ...(pluggable ? { pluggable } : {}),
    ram: parts.ram,
    firmware: await firmwarePlan(record, parts),
    tpm: parts.tpm,
    disks: disks.map(({ plan }) => plan),
    ...secretsOf(disks, parts),
    diskController: record.machine.layout >= plugsDisks,
    drives,
    seed: hasSeed(record) ? parts.place.seed : undefined,
    nics: record.nics.map((nic) => nicPlan(nic, record, parts.taps[nic.id])),
    nicPorts: hasNicPorts(record),
    ...(parts.shares ? { shares: sharePlans(record, parts.shares) } : {}),
    ...(parts.handed ? { usbDevices: parts.handed.usb, pciDevices: parts.handed.pci } : {}),
    sockets: parts.place,
    vnc: parts.vnc,
    spicePort: hasSpicePort(record),
    sound: record.machine.sound ?? false,
    tablet: record.machine.tablet ?? false,
    monitors: record.machine.monitors ?? 1,
    serialLog: parts.place.serialLog,
    bootFirst: bootOrder(record),
    usbInput: record.origin.image === undefined,
    balloon: record.machine.balloon ?? false,
    ...(parts.incoming ? { incoming: parts.incoming } : {}),
    ...(record.kernel ? { kernel: record.kernel } : {}),
  };
}
