/** A guest as the store keeps it: what users see, and what only its host needs. */
import type { Schemas } from "#contract/schemas";
import type { Disk } from "#contract/schema/disk";
import type { BootOrder, Guest } from "#contract/schema/guest";
import type { ProcessRef } from "#base/process";
import type { ReadStore } from "#durable/store/store";
import { find } from "#durable/store/update";
import { LodgeError } from "#contract/errors";
import { toNic, type RecordedNic } from "../network/member.ts";
import type { MemoryKey } from "../volume/disk-key.ts";
import type { Layer } from "../volume/layer.ts";
import type { Arriving } from "./migrate/arriving.ts";
import { shownReplica, type ReplicaRecord } from "./replica/record.ts";

export type GuestState = Schemas["Guest"]["state"];

/** A disk and the layer it writes to now. */
export interface RecordedDisk extends Omit<Disk, "serial"> {
  readonly layer: string;
}

/** Where a running guest's RAM is: its own, or a private view of a parked one. */
export type RamOrigin = { readonly kind: "own" } | { readonly kind: "template"; readonly template: string };

/** The process a guest runs in. */
export interface RunningProcess extends ProcessRef {
  readonly accelerator: "kvm" | "tcg";
  readonly ram: RamOrigin;
  /** The memory node that it was placed on, where there are several. */
  readonly node?: number;
  /** The process of its TPM, where it has one. */
  readonly tpm?: ProcessRef;
  /** The processes that serve its shared folders, in their order. */
  readonly shares?: readonly ProcessRef[];
}

/** The processes beside a guest's own. */
export const helpersOf = ({ tpm, shares = [] }: Pick<RunningProcess, "tpm" | "shares">): ProcessRef[] => [
  ...(tpm ? [tpm] : []),
  ...shares,
];

/** What a guest is given to be itself; sealed in the store, since the private key is in it. */
export interface GuestSecrets {
  readonly sshHostKey: { readonly privateKey: string; readonly publicKey: string };
  readonly userData?: string;
}

/** What a record that says nothing of it is taken to say: one made before there were these fields. */
export const lifeDefaults = { startOrder: 100, onHostShutdown: "suspend" } as const;

/** The same, of what whoever watches its display may do. */
export const displayDefaults = { clipboard: "both", fileDrop: true } as const;

const defaults = { ...lifeDefaults, ...displayDefaults };

/** What is made up or left out where a guest is shown. */
type Shown = "replica" | "pid" | "accelerator" | "boot" | "disks" | "nics" | keyof typeof defaults;

export interface GuestRecord extends Omit<Guest, Shown>, Partial<Pick<Guest, keyof typeof defaults>> {
  readonly disks: readonly RecordedDisk[];
  /** Where it was chosen: see bootOrder(). */
  readonly boot?: BootOrder;
  readonly nics: readonly RecordedNic[];
  /** Changed by fork, clone and restore, never by a start. */
  readonly vmgenid: string;
  readonly machineId: string;
  readonly sshKeys: readonly string[];
  /** Sealed GuestSecrets. */
  readonly secrets: string;
  readonly cloudInit: boolean;
  readonly defaultUser: string | undefined;
  /** Layer of the UEFI variables, where the firmware is UEFI. */
  readonly nvram?: string;
  /** A kernel from outside the disk. */
  readonly kernel?: { readonly kernel: string; readonly initrd: string; readonly append: string };
  /** Id of this host's conversation with the agent: lets a restarted daemon take running commands up again. */
  readonly agentSession: string;
  readonly process?: RunningProcess;
  /** Set while the state is "suspended": its whole memory is in this file. */
  readonly suspendFile?: string;
  /** What that file is encrypted with. */
  readonly suspendKey?: MemoryKey;
  /** Rises with each host that has it: one of a lower number is a host's that has it no more. Absent: 1. */
  readonly generation?: number;
  /** It was taken over from a host that is lost, and its things here are not made up yet. */
  readonly arrived?: { readonly from: string };
  /** Set from the host's shutdown, or the start that finds it due, until it runs again: it is to be brought back. */
  readonly comesBack?: "running" | "paused";
  /** It has come from another host and is still to go on there. */
  readonly arriving?: Arriving;
  readonly replica?: ReplicaRecord;
}

/** The disks of a copy of a guest: what was attached to that one is its own in the copy. */
export const asOwn = (disks: readonly RecordedDisk[]): RecordedDisk[] =>
  disks.map(({ volume: _, ...disk }) => disk);

/** Is what it has in memory to be encrypted where it lies in a file? */
export const hidesMemory = ({ disks }: Pick<GuestRecord, "disks">): boolean =>
  disks.some(({ encrypted }) => encrypted);

/** The volumes attached to it, in order. */
export const attachedVolumes = ({
  disks,
}: {
  readonly disks: readonly Pick<RecordedDisk, "volume">[];
}): string[] => disks.flatMap(({ volume }) => volume ?? []).toSorted();

/** What a guest writes to: the layer of each disk by the disk's id, and that of its UEFI variables. */
export type Written = Readonly<Record<string, string>>;

/** What the UEFI variables are called beside the disks. */
export const nvramId = "nvram";

export const writtenLayers = ({ disks, nvram }: Pick<GuestRecord, "disks" | "nvram">): Written => ({
  ...Object.fromEntries(disks.map(({ id, layer }) => [id, layer])),
  ...(nvram === undefined ? {} : { [nvramId]: nvram }),
});

/** The same guest, writing to these layers; what they do not name stays as it is. */
export function onLayers<T extends Pick<GuestRecord, "disks" | "nvram">>(
  record: T,
  layers: Readonly<Record<string, Pick<Layer, "id" | "format">>>,
): T {
  const nvram = layers[nvramId]?.id ?? record.nvram;
  return {
    ...record,
    disks: record.disks.map((disk) => {
      const layer = layers[disk.id];
      return layer ? { ...disk, layer: layer.id, format: layer.format } : disk;
    }),
    ...(nvram === undefined ? {} : { nvram }),
  };
}

export const guestPrefix = "guests/";
export const guestKey = (id: string): string => guestPrefix + id;
export const guestNameKey = (project: string, name: string): string => `guest-names/${project}/${name}`;
/** What operations lock. */
export const guestTarget = (id: string): string => `guest:${id}`;

/** Throws where the guest is not as whoever changes it believes. */
export type Match = (guest: Guest) => void;

/** What the guest starts from first: an installer, where it was made for one, or its disk. */
export const bootOrder = ({ boot, origin }: Pick<GuestRecord, "boot" | "origin">): BootOrder =>
  boot ?? (origin.image === undefined ? "cdrom" : "disk");

/** By which the guest finds a disk: as long as virtio-blk has room for. */
export const diskSerial = (guest: string, disk: string): string => `${guest}-${disk}`.slice(0, 20);

/** The guest as users see it. */
export function toGuest(record: GuestRecord): Guest {
  const { vmgenid, machineId, sshKeys, secrets, nvram, kernel, agentSession, process, suspendFile, ...rest } =
    record;
  const { cloudInit, defaultUser, comesBack, suspendKey, generation, arrived, arriving, replica, ...shown } =
    rest;
  void [
    vmgenid,
    machineId,
    sshKeys,
    secrets,
    nvram,
    kernel,
    agentSession,
    suspendFile,
    suspendKey,
    cloudInit,
    defaultUser,
    comesBack,
    generation,
    arrived,
    arriving,
  ];
  return {
    ...defaults,
    ...shown,
    boot: bootOrder(record),
    disks: record.disks.map(({ layer: _, ...disk }) => ({ ...disk, serial: diskSerial(record.id, disk.id) })),
    nics: record.nics.map(toNic),
    ...(replica ? { replica: shownReplica(replica) } : {}),
    ...(process ? { pid: process.pid, accelerator: process.accelerator } : {}),
  };
}

/** @throws LodgeError disk.not_found */
export function findDisk({ name, disks }: GuestRecord, disk: string): RecordedDisk {
  const found = disks.find(({ id }) => id === disk);
  if (!found) throw new LodgeError("disk.not_found", { guest: name, disk });
  return found;
}

/** @throws LodgeError nic.not_found */
export function findNic({ name, nics }: GuestRecord, nic: string): RecordedNic {
  const found = nics.find(({ id }) => id === nic);
  if (!found) throw new LodgeError("nic.not_found", { guest: name, nic });
  return found;
}

export async function listGuests(store: ReadStore): Promise<GuestRecord[]> {
  const { items } = await store.list(guestPrefix);
  return items.map(({ value }) => value as GuestRecord);
}

/** @throws LodgeError guest.not_found */
export async function guestById(store: ReadStore, id: string): Promise<GuestRecord> {
  const item = await find(store, guestKey(id));
  if (!item) throw new LodgeError("guest.not_found", { guest: id });
  return item.value as GuestRecord;
}

/** Finds a guest by its name in a project or, in whichever, by its id. @throws LodgeError guest.not_found */
export async function findGuest(store: ReadStore, ref: string, project: string): Promise<GuestRecord> {
  const named = await find(store, guestNameKey(project, ref));
  return guestById(store, named ? String(named.value) : ref);
}
