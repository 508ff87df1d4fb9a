/**
 * What this host offers guests. What it is said to be by others (its name, labels, taints and state) is the member's and
 * joined to it where offers are read (boards.ts).
 */
import { arch } from "node:os";
import type { HostPromise } from "#contract/schema/quota";
import type { Pool } from "#contract/schema/pool";
import type { Store } from "#durable/store/store";
import type { Amount, HostOffer } from "#domain/host/placement/offer";
import { templateKey } from "#domain/host/placement/offer";
import type { Hardware } from "#domain/guest/launch";
import { tcgCpu } from "#domain/guest/machine";
import { listGuests, type GuestRecord } from "#domain/guest/record";
import { readyImages } from "#domain/image/record";
import { idOf, listNetworks } from "#domain/network/record";
import { listTemplates, type TemplateRecord } from "#domain/template/record";
import { toResident } from "./resident.ts";

/** What a host says itself. */
export type OwnOffer = Omit<HostOffer, "name" | "state" | "silentSince" | "labels" | "taints">;

export interface OwnOfferParts {
  /** This host's. */
  readonly store: Store;
  readonly host: string;
  readonly hardware: Hardware;
  readonly machineTypes: readonly string[];
  readonly hasTpm: () => Promise<boolean>;
  /** Flags of the processor, as the kernel names them. */
  readonly cpuFeatures: () => Promise<readonly string[]>;
  readonly promise: () => Promise<HostPromise>;
  /** Bytes of memory that can be given now. */
  readonly available: () => Promise<number>;
  readonly pools: () => Promise<readonly Pool[]>;
  /** Names of the network devices that there are. */
  readonly devices: () => Promise<readonly string[]>;
}

/** By Node's name and by QEMU's. */
const architectures: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

export async function ownOffer(parts: OwnOfferParts): Promise<OwnOffer> {
  const { store, host, hardware } = parts;
  const accelerator = await hardware.accelerator();
  const [promised, available, pools, images, templates, guests, networks, devices, hasTpm, cpuFeatures] =
    await Promise.all([
      parts.promise(),
      parts.available(),
      parts.pools(),
      readyImages(store),
      listTemplates(store),
      listGuests(store),
      listNetworks(store),
      parts.devices(),
      parts.hasTpm(),
      parts.cpuFeatures(),
    ]);
  return {
    host,
    architecture: architectures[arch()] ?? arch(),
    accelerator,
    machineTypes: parts.machineTypes,
    cpuModels: accelerator === "kvm" ? ["host"] : [tcgCpu],
    cpuFeatures: accelerator === "kvm" ? cpuFeatures : [],
    features: [
      ...(hardware.uefi ? ["uefi"] : []),
      ...(hasTpm ? ["tpm"] : []),
      ...(hardware.sound ? ["sound"] : []),
      ...(hardware.tablet ? ["tablet"] : []),
      ...(hardware.monitors ? ["monitors"] : []),
      ...(hardware.plugsMemory ? ["memory-plug"] : []),
    ],
    // Those that hang on a device of the host's which is not there.
    lacksNetworks: networks
      .filter(({ uplink }) => uplink !== undefined && !devices.includes(uplink.device))
      .map(idOf),
    pools: pools
      .filter(({ state }) => state === "ready")
      .map(({ name, kind, free, quota, promised: given }) => ({
        name,
        shared: kind === "shared" || kind === "rbd",
        free: quota === undefined ? free : Math.min(free, Math.max(0, quota - given)),
      })),
    images: images.map(({ id }) => id),
    templates: templates.filter(isForked).map((one) => ({
      id: one.id,
      key: templateKey(one),
      warm: one.holder !== undefined,
      resident: one.resident ?? 0,
    })),
    limit: amounts((what) => promised[what].limit),
    held: heldByOthers(guests, promised),
    // Memory of templates that nobody shares is given up where guests need it.
    available: available + templates.reduce((sum, one) => sum + idle(one, guests), 0),
  };
}

const isForked = ({ state }: TemplateRecord): boolean => state === "parked" || state === "evicted";

const amounts = (of: (what: keyof Amount) => number): Amount => ({
  memory: of("memory"),
  cpus: of("cpus"),
  disk: of("disk"),
});

/** All that is promised less what guests are counted with on boards. */
function heldByOthers(guests: readonly GuestRecord[], promised: HostPromise): Amount {
  const needs = guests.map((record) => toResident(record, "").needs);
  const taken = amounts((what) => needs.reduce((sum, one) => sum + one[what], 0));
  return amounts((what) => Math.max(0, promised[what].promised - taken[what]));
}

const idle = ({ id, holder, resident = 0 }: TemplateRecord, guests: readonly GuestRecord[]): number =>
  holder && !guests.some(({ process }) => process?.ram.kind === "template" && process.ram.template === id)
    ? resident
    : 0;

/** Rounded, so that it is not another offer by each page of memory that somebody takes. */
export function coarse(offer: OwnOffer): OwnOffer {
  const piece = 64 * 2 ** 20;
  const down = (bytes: number) => Math.floor(bytes / piece) * piece;
  return {
    ...offer,
    available: down(offer.available),
    pools: offer.pools.map((pool) => ({ ...pool, free: down(pool.free) })),
    held: { ...offer.held, disk: down(offer.held.disk) },
    limit: { ...offer.limit, disk: down(offer.limit.disk) },
  };
}

export const isSame = (a: OwnOffer | undefined, b: OwnOffer): boolean =>
  a !== undefined && JSON.stringify(a) === JSON.stringify(b);
