/**
 * What a host from outside says of a guest, before anything is made of it. That host may be anybody's, so what would name something of this
 * one (a path, a device, a folder, an argument of QEMU's) is refused or left out. Pure.
 */
import { isAbsolute, normalize } from "node:path/posix";
import { LodgeError } from "#contract/errors";
import type { Cargo } from "../migrate/cargo.ts";
import { tcgCpu } from "../machine.ts";
import type { GuestRecord } from "../record.ts";

const ids = {
  guest: /^g[0-9a-z]{10}$/,
  layer: /^l[0-9a-z]{10}$/,
  image: /^i[0-9a-z]{10}$/,
  snapshot: /^s[0-9a-z]{10}$/,
};
const name = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** What ids of parts, addresses and words of a machine are made of: nothing that ends an argument or begins a path. */
const plain = /^[A-Za-z0-9][A-Za-z0-9.:+_-]*$/;

function require(holds: boolean, what: string): void {
  if (!holds) throw new LodgeError("visit.unsound", { what });
}

/** The same, without what is only its host's. @throws LodgeError visit.unsound */
export function sound(cargo: Cargo): Cargo {
  const { guest, layers, images, snapshots, files, live } = cargo;
  require(!live && ["stopped", "suspended", "crashed"].includes(guest.state), "it does not rest");
  require(ids.guest.test(guest.id) && name.test(guest.name) && name.test(guest.project), "its name or id");
  require(name.test(guest.hostname), "its host name");
  const known = new Set(layers.map(({ layer }) => layer.id));
  const pictures = new Set(images.map(({ id }) => id));
  for (const { layer } of layers) {
    require(ids.layer.test(layer.id) && ["qcow2", "raw"].includes(layer.format), "a layer");
    require(layer.below === undefined || known.has(layer.below), "what a layer stands on");
    require(layer.image === undefined || pictures.has(layer.image), "the image of a layer");
  }
  for (const { id, format } of images)
    require(ids.image.test(id) && ["qcow2", "raw"].includes(format), "an image");
  for (const { path } of files)
    require(!isAbsolute(path) && normalize(path) === path && !path.startsWith(".."), "the path of a file");
  requireMachine(guest, known);
  for (const snapshot of snapshots) {
    require(ids.snapshot.test(snapshot.id) && snapshot.guest === guest.id, "a snapshot");
    require(typeof snapshot.name === "string" && plain.test(snapshot.name), "the name of a snapshot");
    requireMachine(snapshot.machine, known);
  }
  return { ...cargo, guest: itsOwn(guest) };
}

type Machine = Pick<GuestRecord, "machine" | "disks" | "drives" | "nvram" | "boot">;

function requireMachine({ machine, disks, drives, nvram, boot }: Machine, layers: ReadonlySet<string>): void {
  const { cpuModel, ...rest } = machine;
  require(cpuModel === tcgCpu || plain.test(cpuModel), "its processor");
  requirePlain([rest, disks, drives, boot], "its machine");
  require(disks.every(({ layer }) => layers.has(layer)), "a disk");
  require(nvram === undefined || layers.has(nvram), "what its UEFI keeps");
}

/** Every text in it is a plain word. */
function requirePlain(value: unknown, what: string): void {
  if (typeof value === "string") require(plain.test(value), what);
  else if (typeof value === "object" && value !== null)
    for (const one of Object.values(value)) requirePlain(one, what);
}

/** Without processes, folders and devices of the host that it comes from, and what was said of it to that host alone. */
function itsOwn(guest: GuestRecord): GuestRecord {
  const { process: _process, arriving: _arriving, arrived: _arrived, comesBack: _back, ...rest } = guest;
  const { shares: _shares, devices: _devices, placement: _placement, host: _host, ...most } = rest;
  // A pool of another cluster is none here.
  const { desktop: _desktop, ...own } = most;
  requirePlain([own.nics, own.publish, own.limits], "its network cards, ports or limits");
  return own;
}
