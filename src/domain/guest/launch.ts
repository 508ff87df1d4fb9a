/** Brings a guest's process up: everything between a record and a machine that stands ready, stopped. */
import { closeSync, openSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { hasCode, LodgeError } from "#contract/errors";
import type { Log } from "#base/log";
import { namelessFile } from "#base/nameless-file";
import { endProcess, type ProcessRef } from "#base/process";
import type { ReadStore, Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { clearGroup, type Groups } from "#hypervisor/cpu/groups";
import { placeOnNode, readNodes } from "#hypervisor/cpu/numa";
import { newRam, openRam } from "#hypervisor/memory/held-ram";
import { qemuArgs } from "#hypervisor/qemu/argv";
import { setBalloon } from "#hypervisor/qemu/balloon";
import { loadState } from "#hypervisor/qemu/migrate";
import type { MachinePlan } from "#hypervisor/qemu/plan";
import { requestMemory } from "#hypervisor/qemu/plug-memory";
import { decryptedState } from "#hypervisor/qemu/state-cipher";
import { openTap } from "#hypervisor/net/open-tap";
import { lastWords, launchQemu, logLength, type Launched } from "#hypervisor/qemu/process";
import type { FolderServer } from "#hypervisor/share/virtiofsd";
import { startTpm, type Tpm } from "#hypervisor/tpm/swtpm";
import type { Pass } from "../host/demand.ts";
import type { Networks } from "../network/networks.ts";
import { isWired } from "../network/member.ts";
import type { Cells } from "./cell.ts";
import type { Safeguards } from "./ha.ts";
import { groupLimits, nodeOf, throttleDisks } from "./limits.ts";
import { LiveGuest } from "./live.ts";
import { machinePlan, type MachineParts } from "./machine.ts";
import { balloonWish, isPluggable, plugWish } from "./plugged.ts";
import { guestPlace, markOf, type Places } from "./place.ts";
import {
  guestKey,
  helpersOf,
  listGuests,
  type GuestRecord,
  type RamOrigin,
  type RunningProcess,
} from "./record.ts";
import type { DiskKeys, MemoryKey } from "../volume/disk-key.ts";
import { handBack, handOn, type HandedOn } from "./device/hand-on.ts";
import { endServers, serveShares } from "./share/serve.ts";

/** This host's QEMU, as it was found at the daemon's start. */
export interface Hardware {
  /** This host's name in its cluster. */
  readonly host?: string;
  readonly binary: string;
  /** Changes with an upgrade of QEMU. */
  readonly identity: string;
  /** Newest versioned machine type, for new guests. */
  readonly machineType: string;
  /** Has it a VNC server? */
  readonly vnc: boolean;
  /** Has it a tablet and a keyboard on virtio? */
  readonly tablet?: boolean;
  /** Has it a sound card? */
  readonly sound?: boolean;
  /** Has it a graphics card for several monitors? */
  readonly monitors?: boolean;
  /** Can memory be plugged into its machines? */
  readonly plugsMemory?: boolean;
  readonly accelerator: () => Promise<"kvm" | "tcg">;
  readonly uefi:
    | {
        readonly code: string;
        readonly secureCode: string;
        readonly vars: string;
        readonly secureVars: string;
      }
    | undefined;
}

export interface LaunchParts {
  readonly store: Store;
  /** The records of all hosts, to be read under the keys that they have on theirs; without: there is no other host. */
  readonly whole?: ReadStore;
  readonly places: Places;
  readonly networks: Networks;
  /** Undefined where guests' processes run as the daemon's own, in no cell. */
  readonly cells: Cells | undefined;
  readonly hardware: Hardware;
  /** Guests' control groups. */
  readonly groups: Groups;
  /** Decides whether the host and a project have room for something. */
  readonly pass: Pass;
  readonly log: Log;
  /** Opens the keys of encrypted disks. */
  readonly diskKeys?: DiskKeys;
  /** What may run only as long as this host has its place in its cluster; none of a host that stands alone. */
  readonly safeguards?: Safeguards;
}

export interface LaunchOptions {
  /** A parked RAM to map privately; without it the guest has its own. */
  readonly parked?: { readonly template: string; readonly holder: ProcessRef };
  /** Where the machine's state comes from, instead of a boot. */
  readonly state?: {
    readonly file: string;
    readonly ramExcluded: boolean;
    /** What the file is encrypted with. */
    readonly key?: MemoryKey | undefined;
    /** The file is there but is still being written, and so is a parked RAM: both are read once this resolves. */
    readonly whole?: Promise<void>;
  };
  /** Its machine comes from elsewhere: called once QEMU answers, while it may still make sockets in its folder. */
  readonly awaits?: (live: LiveGuest, process: RunningProcess) => Promise<void>;
  /** Each file of its disks is named, whatever their headers say. */
  readonly whole?: boolean;
  readonly media?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What went wrong, in words, from what QEMU printed. QEMU's own sentences are read here and nowhere else. */
export function explain(words: string): string {
  if (/tpm-emulator|swtpm/.test(words)) return "its TPM cannot be used";
  if (/virtiofsd|vhost-user-fs/.test(words)) return "a shared folder of it cannot be served";
  if (/Cannot allocate memory|cannot set up guest memory/i.test(words))
    return "the host has too little memory";
  if (/access KVM kernel module/i.test(words)) return "its user may not open /dev/kvm";
  if (/No space left on device/i.test(words)) return "the host's disk is full";
  if (/Failed to get "?write"? lock|Failed to lock/i.test(words)) return "another process uses its disk";
  if (/Image is corrupt|not in qcow2 format|Invalid argument.*qcow2|corrupt/i.test(words))
    return "its disk is corrupt";
  if (/Could not open.*No such file/i.test(words)) return "a file of it is missing";
  if (/unsupported machine type|Machine type .* not found/i.test(words))
    return "this QEMU does not know its machine type";
  if (/load of migration failed|error while loading state/i.test(words))
    return "its saved state does not fit this QEMU";
  return "QEMU ended at once";
}

/** Starts the guest's process and leaves it stopped, ready for `cont`. @throws guest.start_failed */
export async function launch(
  parts: LaunchParts,
  record: GuestRecord,
  options: LaunchOptions,
): Promise<LiveGuest> {
  const place = guestPlace(parts.places, record.id);
  void parts.groups.warm();
  await rm(place.run, { recursive: true, force: true });
  await mkdir(place.run, { recursive: true, mode: 0o700 });
  const logged = logLength(place.qemuLog);
  const said = logLength(place.serialLog);
  if (record.ha) await parts.safeguards?.holds.admit(record, markOf(parts.places, record.id));
  const tpm = record.machine.tpm
    ? await startTpm({
        guests: parts.places.guests,
        folder: place.tpm,
        log: place.qemuLog,
        cell: await parts.cells?.cellOf(record.id),
      })
    : undefined;
  let shares: readonly FolderServer[] = [];
  try {
    shares = await serveShares(parts, record);
    const { launched, process, state } = await start(parts, record, options, { tpm, shares });
    const remembered = remember(parts.store, record.id, process);
    try {
      const [live] = await Promise.all([
        connect(parts, record, process, orEnded(launched, options.signal)),
        remembered,
      ]);
      live.consoleFrom = said;
      await options.awaits?.(live, process);
      parts.cells?.seal(record.id);
      if (record.ha) await parts.safeguards?.holds.know(record, markOf(parts.places, record.id), process);
      if (record.limits) await throttleDisks(live, record);
      if (record.memoryTarget !== undefined && !options.parked && !options.awaits)
        await setBalloon(live.monitor, balloonWish(record));
      await options.state?.whole;
      if (state) await loadState(live.monitor, state, options.signal);
      // What was saved may have been asked for another size.
      if (state && isPluggable(record)) await requestMemory(live.monitor, plugWish(record));
      return live;
    } catch (error) {
      await endProcess(launched.process, 500);
      await remembered;
      await remember(parts.store, record.id, undefined);
      throw error;
    }
  } catch (error) {
    if (tpm) await endProcess(tpm.process);
    await endServers(shares);
    handBack(record);
    parts.cells?.close(record.id);
    await parts.safeguards?.holds.release(record.id);
    await clearGroup(parts.groups, record.id);
    if (!hasCode(error, "host.qemu_gone")) throw error;
    const words = lastWords(place.qemuLog, logged);
    throw new LodgeError(
      "guest.start_failed",
      { guest: record.name, reason: explain(words) },
      { detail: words },
    );
  }
}

/** Starts QEMU with what it inherits, of which nothing stays open here, whether it started or not. */
async function start(
  parts: LaunchParts,
  record: GuestRecord,
  options: LaunchOptions,
  { tpm, shares }: { readonly tpm: Tpm | undefined; readonly shares: readonly FolderServer[] },
) {
  const { hardware } = parts;
  const place = guestPlace(parts.places, record.id);
  const descriptors: number[] = [];
  const inherit = (descriptor: number) => 2 + descriptors.push(descriptor);
  const tpmSocket = tpm && inherit(tpm.socket);
  const shareSockets = shares.map(({ socket }) => inherit(socket));
  try {
    const accelerator = await hardware.accelerator();
    const ram: MachinePlan["ram"] = options.parked
      ? { kind: "private", descriptor: inherit(openRam(options.parked.holder)) }
      : shares.length > 0
        ? { kind: "shared", descriptor: inherit(newRam(record.memory)) }
        : { kind: "anonymous" };
    const state = options.state && {
      descriptor: inherit(openState(parts, options.state)),
      ramExcluded: options.state.ramExcluded,
    };
    const handed = record.devices ? handOn(record, await listGuests(parts.store), inherit) : undefined;
    const plan = await machinePlan(record, {
      store: parts.store,
      ...(parts.diskKeys ? { diskKeys: parts.diskKeys } : {}),
      inherit: (passphrase) => inherit(namelessFile(passphrase)),
      place,
      accelerator,
      vnc: hardware.vnc,
      ram,
      taps: openTaps(parts.networks, record, inherit),
      media: mediaOf(parts.cells, options.media ?? {}, inherit),
      whole: options.whole,
      ...(tpmSocket === undefined ? {} : { tpm: tpmSocket }),
      ...(shares.length > 0 ? { shares: shareSockets } : {}),
      ...(handed ? { handed } : {}),
      ...(state || options.awaits ? { incoming: { kind: "deferred" } } : {}),
      ...uefiCode(hardware, record),
    });
    const node = await chooseNode(parts.store, record);
    const placed = { accelerator, ...(node === undefined ? {} : { node }) };
    const helpers = {
      ...(tpm ? { tpm: tpm.process } : {}),
      ...(shares.length > 0 ? { shares: shares.map(({ process }) => process) } : {}),
    };
    const enter = (pid: number) =>
      enterGroup(parts, record, { ...placed, pids: [pid, ...helpersOf(helpers).map((each) => each.pid)] });
    const launched = await startQemu(parts, record.id, record, plan, {
      descriptors,
      before: enter,
      ...(handed ? { handed } : {}),
    });
    // Somebody waits for a fork or a return from disk; a boot takes its time.
    // Nobody waits for a standby.
    const first =
      record.desktop?.state === "making" ? "last" : state || options.awaits ? "awaited" : "ordinary";
    parts.groups.precede(record.id, launched.process.pid, first);
    const origin: RamOrigin = options.parked
      ? { kind: "template", template: options.parked.template }
      : { kind: "own" };
    const process: RunningProcess = {
      ...launched.process,
      ...placed,
      ram: origin,
      ...helpers,
    };
    return { launched, process, state };
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

function openState({ diskKeys }: LaunchParts, state: NonNullable<LaunchOptions["state"]>): number {
  const { file, key } = state;
  return key && diskKeys ? decryptedState(file, diskKeys.openForMemory(key)) : openSync(file, "r");
}

/** On the host's memory nodes, where there are several: beside those that were placed there before. */
async function chooseNode(store: Store, record: GuestRecord): Promise<number | undefined> {
  const nodes = readNodes();
  if (nodes.length < 2) return undefined;
  const taken = new Map<number, number>();
  for (const { process, cpus } of await listGuests(store))
    if (process?.node !== undefined) taken.set(process.node, (taken.get(process.node) ?? 0) + cpus);
  return placeOnNode(nodes, record, taken)?.id;
}

const remember = (store: Store, id: string, process: GuestRecord["process"]) =>
  update<GuestRecord>(store, guestKey(id), (now) => {
    if (!now) return now;
    const { process: _, ...rest } = now;
    return process ? { ...rest, process } : rest;
  });

/** Its processes share one control group, and its limits. */
export function enterGroup(
  { groups }: Pick<LaunchParts, "groups">,
  record: GuestRecord,
  { pids, ...process }: Pick<RunningProcess, "accelerator" | "node"> & { readonly pids: readonly number[] },
): void {
  groups.make(record.id, groupLimits(record, process.accelerator, nodeOf(process)));
  for (const pid of pids) groups.enter(record.id, pid);
}

const connect = (
  { places, groups }: LaunchParts,
  record: GuestRecord,
  process: RunningProcess,
  signal: AbortSignal,
) => LiveGuest.connect(record, process, guestPlace(places, record.id), { groups, timeout: 30_000, signal });

/** Aborted as well when QEMU ends: one that does not like its arguments does so before it listens. */
export function orEnded(launched: Launched, signal?: AbortSignal): AbortSignal {
  const over = new AbortController();
  void launched.ended.then(() => over.abort(new LodgeError("host.qemu_gone")));
  return signal ? AbortSignal.any([signal, over.signal]) : over.signal;
}

/** The media of the drives; those that a cell does not show are opened for it. */
function mediaOf(
  cells: Cells | undefined,
  media: Readonly<Record<string, string>>,
  inherit: (descriptor: number) => number,
): MachineParts["media"] {
  const found = Object.entries(media).map(([drive, file]) => {
    const descriptor = !cells || cells.shows(file) ? {} : { descriptor: inherit(openSync(file, "r")) };
    return [drive, { file, ...descriptor }] as const;
  });
  return Object.fromEntries(found);
}

/** Opens the taps of the NICs that have one: those in networks that are not user-mode. */
function openTaps(
  networks: Networks,
  record: GuestRecord,
  inherit: (descriptor: number) => number,
): Record<string, number> {
  const taps = record.nics.filter(isWired);
  return Object.fromEntries(taps.map((nic) => [nic.id, inherit(openTap(networks.tapOf(record.id, nic.id)))]));
}

export interface QemuStart {
  readonly descriptors: readonly number[];
  /** Called with its process's id: in a cell before its first instruction, else at once after. */
  readonly before: (pid: number) => void;
  /** Devices of the host's that it has. */
  readonly handed?: HandedOn;
}

/** Starts QEMU for a guest or a template, in a cell where there are cells. */
export async function startQemu(
  { cells, places, hardware }: Pick<LaunchParts, "cells" | "places" | "hardware">,
  id: string,
  machine: Pick<GuestRecord, "disks" | "nvram">,
  plan: MachinePlan,
  { descriptors, before, handed }: QemuStart,
): Promise<Launched> {
  if (cells) return cells.start(id, machine, plan, { descriptors, before, ...(handed ? { handed } : {}) });
  const { qemuLog: log, folder: cwd } = guestPlace(places, id);
  const args = qemuArgs(plan);
  const launched = await launchQemu({ binary: hardware.binary, args, log, descriptors, cwd });
  before(launched.process.pid);
  return launched;
}

function uefiCode(hardware: Hardware, record: GuestRecord): { uefiCode?: string } {
  if (record.machine.firmware !== "uefi" || !hardware.uefi) return {};
  return { uefiCode: record.machine.secureBoot ? hardware.uefi.secureCode : hardware.uefi.code };
}
