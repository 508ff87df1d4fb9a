/** A new guest's record, from what its user asked for and what its image is. */
import type { Machine } from "#contract/schema/guest";
import type { Schemas } from "#contract/schemas";
import { LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { SealKey } from "#durable/store/seal";
import { memoryPiece } from "#hypervisor/qemu/plug-memory";
import { firmwareFor, type ImageRecord } from "../image/record.ts";
import { newIdentity } from "./identity.ts";
import type { Hardware } from "./launch.ts";
import { deviceLayout, tcgCpu } from "./machine.ts";
import { type GuestRecord, lifeDefaults } from "./record.ts";

/** What a guest gets that asks for nothing. */
export const defaults = { cpus: 1, memory: 512 * 1024 * 1024, disk: 20 * 1024 ** 3 } as const;

/** Enough for a session, a terminal and a browser with a few pages. */
const desktopMemory = 1536 * 1024 * 1024;

type Wish = Pick<Schemas["GuestCreate"], "cpus" | "memory" | "sound">;

/** What a guest of an image gets that asks for nothing: what the image suggests. A desktop is to be heard. */
export const usual = (
  image: Pick<ImageRecord, "cpus" | "memory" | "desktop"> | undefined,
  hardware: Pick<Hardware, "sound">,
): Wish => ({
  ...(image?.cpus === undefined ? {} : { cpus: image.cpus }),
  ...(image?.desktop ? { memory: desktopMemory } : {}),
  ...(image?.memory === undefined ? {} : { memory: image.memory }),
  ...(image?.desktop && hardware.sound ? { sound: true } : {}),
});

export interface ComposeParts {
  readonly hardware: Hardware;
  readonly key: SealKey;
  readonly clock: Clock;
}

export interface Composition {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  /** Absent for an installation from an ISO onto an empty disk. */
  readonly image: ImageRecord | undefined;
  readonly body: Schemas["GuestCreate"];
  readonly nics: GuestRecord["nics"];
  readonly disks: GuestRecord["disks"];
  /** Its memory is its own, and so can be given back to the host piece by piece. */
  readonly ownMemory: boolean;
  readonly shares?: GuestRecord["shares"];
  readonly nvram?: string;
  readonly origin: GuestRecord["origin"];
}

/** What its machine starts with. @throws LodgeError api.invalid, where secure boot is asked of a BIOS */
export function firmwareOf(
  body: Pick<Schemas["GuestCreate"], "firmware" | "secureBoot">,
  image: Pick<ImageRecord, "firmware"> | undefined,
): Machine["firmware"] {
  if (body.secureBoot && body.firmware === "bios") {
    throw new LodgeError("api.invalid", {
      field: "secureBoot",
      reason: "is for UEFI, and firmware says bios",
    });
  }
  return body.secureBoot ? "uefi" : (body.firmware ?? firmwareFor(image));
}

/** @throws LodgeError api.invalid, api.unsupported */
function memoryRoom(
  hardware: Hardware,
  { memory = defaults.memory, maxMemory }: Composition["body"],
): Pick<Machine, "maxMemory" | "bootMemory"> {
  if (maxMemory === undefined) return {};
  const invalid = (reason: string) => new LodgeError("api.invalid", { field: "maxMemory", reason });
  if (maxMemory % memoryPiece !== 0) throw invalid(`it is not whole pieces of ${memoryPiece / 2 ** 20} MiB`);
  if (maxMemory < memory) throw invalid("it is less than its memory");
  if (!hardware.plugsMemory) {
    const reason = "this QEMU has no virtio-mem";
    throw new LodgeError("api.unsupported", { what: "Memory that is added while a guest runs", reason });
  }
  return { maxMemory, bootMemory: memory };
}

async function machineOf(parts: ComposeParts, { body, image, ownMemory }: Composition): Promise<Machine> {
  const firmware = firmwareOf(body, image);
  if (firmware === "uefi" && !parts.hardware.uefi) {
    throw new LodgeError("api.unsupported", { what: "UEFI", reason: "the package ovmf is not installed" });
  }
  if (body.sound && !parts.hardware.sound) {
    throw new LodgeError("api.unsupported", { what: "Sound", reason: "this QEMU has no sound card" });
  }
  const { monitors = 1 } = body;
  if (monitors > 1 && !parts.hardware.monitors)
    throw new LodgeError("api.unsupported", {
      what: "More than one monitor",
      reason: "this QEMU has no graphics card for them",
    });
  return {
    type: parts.hardware.machineType,
    cpuModel: (await parts.hardware.accelerator()) === "kvm" ? "host" : tcgCpu,
    firmware,
    secureBoot: body.secureBoot ?? false,
    tpm: body.tpm ?? false,
    ...(body.sound ? { sound: true } : {}),
    ...(image?.desktop && parts.hardware.tablet ? { tablet: true } : {}),
    ...(monitors > 1 ? { monitors } : {}),
    ...(body.maxCpus === undefined ? {} : { maxCpus: body.maxCpus }),
    ...memoryRoom(parts.hardware, body),
    layout: deviceLayout,
    ...(ownMemory ? { balloon: true } : {}),
  };
}

export async function compose(parts: ComposeParts, what: Composition): Promise<GuestRecord> {
  const { id, name, body, image } = what;
  const memory = body.memory ?? defaults.memory;
  if (memory % 1048576 !== 0) {
    throw new LodgeError("api.invalid", { field: "memory", reason: "it is not a whole number of MiB" });
  }
  const { cpus = defaults.cpus, maxCpus = cpus } = body;
  if (maxCpus < cpus)
    throw new LodgeError("api.invalid", {
      field: "maxCpus",
      reason: `it is less than its ${cpus} processors`,
    });
  const now = new Date(parts.clock.now()).toISOString();
  return {
    id,
    name,
    project: what.project,
    description: body.description ?? "",
    labels: body.labels ?? {},
    createdAt: now,
    ...(parts.hardware.host === undefined ? {} : { host: parts.hardware.host }),
    state: "creating",
    stateSince: now,
    cpus,
    memory,
    machine: await machineOf(parts, what),
    disks: what.disks,
    nics: what.nics,
    drives: [{ id: "cd0", ...(body.iso === undefined ? {} : { image: body.iso }) }, { id: "cd1" }],
    ...(body.boot === undefined ? {} : { boot: body.boot }),
    publish: body.publish ?? [],
    ...(body.firewalls?.length ? { firewalls: body.firewalls } : {}),
    ...(what.shares?.length ? { shares: what.shares } : {}),
    ...(body.ha ? { ha: body.ha } : {}),
    ...(body.limits === undefined ? {} : { limits: body.limits }),
    ...(body.placement === undefined ? {} : { placement: body.placement }),
    restart: body.restart ?? "never",
    startOrder: body.startOrder ?? lifeDefaults.startOrder,
    onHostShutdown: body.onHostShutdown ?? lifeDefaults.onHostShutdown,
    removeWhenStopped: body.removeWhenStopped ?? false,
    hostname: name,
    agent: image?.agent ?? "none",
    origin: what.origin,
    sshKeys: body.sshKeys ?? [],
    cloudInit: image?.cloudInit ?? false,
    defaultUser: image?.defaultUser,
    ...newIdentity(id, name, body.userData, parts.key),
    ...(what.nvram === undefined ? {} : { nvram: what.nvram }),
    ...(image?.directBoot ? { kernel: image.directBoot } : {}),
  };
}
