/** Limits as a form holds them, and the request that they become. Rates are in MiB a second, swap in MiB. */
import type { GuestLimits, LimitsChange } from "#contract/schema/limits";

/** "": no limit. */
type Figure = number | "";

export interface LimitWish {
  readonly weight: Figure;
  readonly cap: Figure;
  readonly pin: string;
  readonly swap: Figure;
  readonly readRate: Figure;
  readonly writeRate: Figure;
  readonly readOps: Figure;
  readonly writeOps: Figure;
  readonly netIn: Figure;
  readonly netOut: Figure;
}

const MiB = 2 ** 20;

const inMiB = (bytes: number | undefined): Figure =>
  bytes === undefined ? "" : Math.round((bytes / MiB) * 100) / 100;
const toBytes = (figure: Figure): number | null => (figure === "" ? null : Math.round(figure * MiB));
const orNull = (figure: Figure): number | null => (figure === "" ? null : figure);

export const wishOf = ({ weight, cap, pin, swap, disk, nic }: GuestLimits = {}): LimitWish => ({
  weight: weight ?? "",
  cap: cap ?? "",
  pin: pin ?? "",
  swap: inMiB(swap),
  readRate: inMiB(disk?.readBytes),
  writeRate: inMiB(disk?.writeBytes),
  readOps: disk?.readOps ?? "",
  writeOps: disk?.writeOps ?? "",
  netIn: inMiB(nic?.in),
  netOut: inMiB(nic?.out),
});

/** All that the form has; limits of single disks and cards, and bursts, stay as they are. */
export const toChange = (wish: LimitWish): LimitsChange => ({
  weight: orNull(wish.weight),
  cap: orNull(wish.cap),
  pin: wish.pin.trim() === "" ? null : wish.pin.replaceAll(" ", ""),
  swap: toBytes(wish.swap),
  disk: {
    readBytes: toBytes(wish.readRate),
    writeBytes: toBytes(wish.writeRate),
    readOps: orNull(wish.readOps),
    writeOps: orNull(wish.writeOps),
  },
  nic: { in: toBytes(wish.netIn), out: toBytes(wish.netOut) },
});
