/**
 * What stands in the way of a guest that is to go to another host, and what would clear it. Pure: over what the source
 * packs (cargo.ts) and what the target says of itself.
 */
import { isWired } from "../../network/member.ts";
import type { GuestRecord } from "../record.ts";
import type { Cargo, CargoLayer } from "./cargo.ts";

export interface Blocker {
  /** "processor", "memory": by which programs tell them apart. */
  readonly what: string;
  /** Goes on from "Guest 'web' cannot go to h2:". */
  readonly reason: string;
  /** A sentence. */
  readonly fix: string;
}

/** What the target is and has. */
export interface Ability {
  readonly name: string;
  readonly accelerator: "kvm" | "tcg";
  readonly machines: readonly string[];
  /** The processor's flags. */
  readonly processor: readonly string[];
  readonly uefi: boolean;
  readonly tpm: boolean;
  readonly plugsMemory: boolean;
  readonly sound: boolean;
  /** Absent: a version before this one, which gives guests none. */
  readonly tablet?: boolean;
  /** Likewise: one monitor alone. */
  readonly monitors?: boolean;
  /** Images that are there, by id. */
  readonly images: readonly string[];
  /** It has the kernel that the guest boots, if that boots one from outside its disk. */
  readonly kernel: boolean;
  /** Networks of the guest that are not on this host. */
  readonly lacksNetworks: readonly string[];
  /** Why its neighbours would not be found from there, where that is so. */
  readonly noUnderlay?: { readonly reason: string; readonly fix: string };
  /** Of what it shares with guests that stay, files in a common pool name others by where this host has not got them. */
  readonly homeElsewhere?: boolean;
  /** Bytes that are to be written there, and that can be. */
  readonly disk: { readonly needed: number; readonly free: number };
  /** Why it has no memory for the guest, in words, where that is so. */
  readonly noMemory?: string;
  /** Why a limit of the guest cannot be kept there, in words. */
  readonly limitUnkept?: string;
  /** Why a port that the guest publishes cannot be published there, in words. */
  readonly portTaken?: string;
}

/** Goes on from a colon. */
export function inWords({ message }: Pick<Error, "message">): string {
  const text = message.replace(/\.$/, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** One transaction moves all of its records. */
const mostRecords = 100;

/** What the source sees. `inPlace`: ids of layers that the target takes where they are. */
export function blockersHere(
  cargo: Cargo,
  { stuck, inPlace }: { readonly stuck: boolean; readonly inPlace: readonly string[] },
): Blocker[] {
  const { guest, layers, snapshots, volumes } = cargo;
  const found: Blocker[] = [];
  if (guest.shares?.length)
    found.push({
      what: "share",
      reason: `it shares the folder ${guest.shares[0]!.name} of this host`,
      fix: "Stop it and take the folder away with 'lodge share rm'.",
    });
  if (guest.devices?.length)
    found.push({
      what: "device",
      reason: "it has a device of this host",
      fix: "Stop it and take the device away with 'lodge device detach'.",
    });
  const bare = layers.map((layer) => bareBlocker(layer, cargo, inPlace)).find((one) => one !== undefined);
  if (bare) found.push(bare);
  if (stuck)
    found.push({
      what: "fault",
      reason: "it stands still since a disk of it cannot be written",
      fix: `Free the space that it lacks and let it go on with 'lodge resume ${guest.name}'.`,
    });
  if (4 * snapshots.length + 2 * volumes.length + inPlace.length > mostRecords)
    found.push({
      what: "snapshots",
      reason: `it has ${snapshots.length} snapshots, more than move at once`,
      fix: "Remove some with 'lodge snapshot rm'.",
    });
  return found;
}

/** What is no file cannot be copied: it is taken where it is, or not at all. */
function bareBlocker(
  { layer, bare, shared }: CargoLayer,
  { live }: Cargo,
  inPlace: readonly string[],
): Blocker | undefined {
  if (!bare) return undefined;
  const away = "move the disk to a pool of files first, with 'lodge volume move'";
  const pool = layer.pool ?? "?";
  if (!shared)
    return {
      what: "storage",
      reason: `a disk of it is in pool ${pool}, which is this host's alone and holds no files`,
      fix: `${away.charAt(0).toUpperCase()}${away.slice(1)}.`,
    };
  if (!inPlace.includes(layer.id))
    return {
      what: "storage",
      reason: `a disk of it is in pool ${pool}, which that host has not`,
      fix: `Make a pool of that name there, too, over the same storage, or ${away}.`,
    };
  // Each host has a process of Ceph's for it, which keeps what it has read: both would be open at once.
  if (live)
    return {
      what: "storage",
      reason: `a disk of it is in pool ${pool}, whose disks are moved at rest alone`,
      fix: "Suspend it first, with 'lodge suspend', and start it there.",
    };
  return undefined;
}

/** What the target sees. */
export const blockersThere = (cargo: Cargo, ability: Ability): Blocker[] =>
  [
    ...machineBlockers(cargo, ability),
    ...partBlockers(cargo.guest, ability),
    ...surroundingBlockers(cargo, ability),
  ].filter((one) => one !== undefined);

type Found = Blocker | undefined;

function machineBlockers(cargo: Cargo, ability: Ability): Found[] {
  const { guest, accelerator, processor = [] } = cargo;
  const { machine } = guest;
  const frozen = cargo.live || guest.state === "suspended";
  const stop = `Stop it first: a guest at rest starts anew there.`;
  const missing = processor.filter((flag) => !ability.processor.includes(flag));
  return [
    ability.machines.includes(machine.type)
      ? undefined
      : {
          what: "machine",
          reason: `the QEMU there has no machine type ${machine.type}`,
          fix: "Upgrade QEMU there to a version that has it.",
        },
    frozen && accelerator !== undefined && accelerator !== ability.accelerator
      ? {
          what: "accelerator",
          reason: `it runs by ${accelerator}, and guests there run by ${ability.accelerator}`,
          fix: stop,
        }
      : undefined,
    frozen && machine.cpuModel === "host" && missing.length > 0
      ? {
          what: "processor",
          reason: `the processor there lacks ${missing.slice(0, 8).join(", ")}`,
          fix: `${stop} Or choose a host with such a processor.`,
        }
      : undefined,
  ];
}

const partBlockers = ({ machine, kernel }: GuestRecord, ability: Ability): Found[] => [
  machine.firmware === "uefi" && !ability.uefi
    ? { what: "firmware", reason: "there is no UEFI there", fix: "Install the package ovmf there." }
    : undefined,
  machine.tpm && !ability.tpm
    ? { what: "tpm", reason: "there is no TPM there", fix: "Install the package swtpm there." }
    : undefined,
  machine.maxMemory !== undefined && !ability.plugsMemory
    ? {
        what: "machine",
        reason: "memory cannot be plugged into guests there",
        fix: "Upgrade QEMU there to a version with virtio-mem.",
      }
    : undefined,
  machine.tablet && !ability.tablet
    ? {
        what: "machine",
        reason: "guests there have no tablets",
        fix: "Upgrade Lodge and QEMU there to versions that give guests one.",
      }
    : undefined,
  machine.monitors !== undefined && !ability.monitors
    ? {
        what: "machine",
        reason: "guests there have one monitor",
        fix: "Upgrade Lodge and QEMU there to versions that give guests several.",
      }
    : undefined,
  machine.sound && !ability.sound
    ? {
        what: "sound",
        reason: "there are no sound cards there",
        fix: "Upgrade QEMU there to one that has them, or choose another host.",
      }
    : undefined,
  kernel && !ability.kernel
    ? {
        what: "image",
        reason: "it boots a kernel of its image, which is not there",
        fix: "Build the image there, with 'lodge image build'.",
      }
    : undefined,
];

function surroundingBlockers({ guest }: Cargo, ability: Ability): Found[] {
  const media = guest.drives.flatMap(({ image }) => image ?? []);
  const absent = media.find((image) => !ability.images.includes(image));
  const { disk, lacksNetworks, noUnderlay, noMemory, limitUnkept, portTaken, homeElsewhere } = ability;
  return [
    homeElsewhere
      ? {
          what: "storage",
          reason:
            "it stands on files in a common pool on which others stand as well, and Lodge has its home elsewhere there",
          fix: "Move its disk to another pool and back with 'lodge volume move', which makes files of its own for it.",
        }
      : undefined,
    absent === undefined
      ? undefined
      : {
          what: "media",
          reason: `the image ${absent} in a drive of it is not there`,
          fix: `Take it out with 'lodge eject ${guest.name}', or import the image there.`,
        },
    lacksNetworks.length === 0
      ? undefined
      : {
          what: "network",
          reason: `network ${lacksNetworks.join(", ")} is not there`,
          fix: "Make that network one of that host too.",
        },
    noUnderlay === undefined ? undefined : { what: "network", ...noUnderlay },
    disk.needed <= disk.free
      ? undefined
      : {
          what: "disk",
          reason: `${mebibytes(disk.needed)} of disk are needed there, and ${mebibytes(disk.free)} are free`,
          fix: "Free some space there, or choose another host.",
        },
    noMemory === undefined
      ? undefined
      : { what: "memory", reason: noMemory, fix: "Move or stop guests there, or choose another host." },
    limitUnkept === undefined
      ? undefined
      : {
          what: "limit",
          reason: limitUnkept,
          fix: `Change what it is limited to with 'lodge set ${guest.name}', or choose another host.`,
        },
    portTaken === undefined
      ? undefined
      : {
          what: "port",
          reason: portTaken,
          fix: "Publish one of the two at another port.",
        },
  ];
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

/** Does it have a card that goes through its QEMU's own network? What is connected by that is lost. */
export const losesConnections = ({ nics }: Pick<GuestRecord, "nics">): boolean =>
  nics.some((nic) => !isWired(nic));
