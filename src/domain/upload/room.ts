/** How much room the disk lacks for what is to arrive, in words. */
import { LodgeError } from "#contract/errors";

const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** Rounded up, so that whoever frees that much has freed enough. */
export function inWords(bytes: number): string {
  const rank = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** rank;
  return `${rank === 0 ? bytes : Math.ceil(value * 10) / 10} ${units[rank]}`;
}

/** The error for a file of `size` bytes, `wanted` of which have no place yet where only `room` is left. */
export const noSpace = (size: number, wanted: number, room: number): LodgeError =>
  new LodgeError("upload.no_space", { missing: inWords(Math.max(1, wanted - room)), size: inWords(size) });
