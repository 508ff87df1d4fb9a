/**
 * Makes and resizes disk files with qemu-img.
 *
 * Every path is made absolute first: qemu-img takes a word before a colon for a protocol, `json:` for a
 * description and a leading dash for an option, but none of that in what begins with a slash. Formats are
 * always named, since a guest can write whatever header it likes into a raw disk.
 */
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { LodgeError } from "#contract/errors";
import { exec } from "#base/exec";
import { createEncrypted } from "./create-encrypted.ts";
import { keyedName, type Key, type KeyedFile } from "./keyed.ts";
import { headLength, parseQcow2 } from "./qcow2-header.ts";
import { qemuImg } from "./qemu-img.ts";
import { whereFull } from "./space.ts";

export type DiskFormat = "qcow2" | "raw";

/** @throws LodgeError host.no_space, host.command_failed */
async function create(path: string, args: readonly string[]): Promise<void> {
  await exec("qemu-img", ["create", "-q", ...args]).catch(whereFull(path));
}

/** An empty disk of `size` bytes that takes no space yet; `key`: that it is encrypted with, where it is qcow2. */
export async function createBlank(
  path: string,
  options: { format: DiskFormat; size: number; key?: string },
): Promise<void> {
  const { key, format, size } = options;
  if (key !== undefined) return createEncrypted({ path, size, key });
  await create(path, ["-f", format, resolve(path), String(size)]);
}

/**
 * A qcow2 file that holds what differs from `backing`, which must not change from now on.
 *
 * @param options.size bytes that the guest sees; default: as many as the backing file has.
 * @param options.key that it is encrypted with.
 */
export async function createOverlay(
  path: string,
  options: { backing: string; backingFormat: DiskFormat; size?: number; key?: string },
): Promise<void> {
  const size = options.size ?? (await guestSize(options.backing, options.backingFormat));
  const { key } = options;
  const backing = ["-b", resolve(options.backing), "-F", options.backingFormat];
  if (key !== undefined) return createEncrypted({ path, size, key, backing });
  // Unsafe (-u) is what opens nothing: a guest's process may have written whatever it likes into what is below.
  await create(path, ["-f", "qcow2", "-u", ...backing, resolve(path), String(size)]);
}

/** Bytes that a guest sees of a disk. @throws LodgeError image.unreadable where it is not of this format */
export async function guestSize(path: string, format: DiskFormat): Promise<number> {
  await using file = await open(path, "r");
  if (format === "raw") return Math.ceil((await file.stat()).size / 512) * 512;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headLength), 0, headLength, 0);
  const header = parseQcow2(buffer.subarray(0, bytesRead));
  if (!header) throw new LodgeError("image.unreadable", { path, reason: "it is no qcow2 file" });
  return header.virtualSize;
}

/** Grows a disk that nobody uses to `size` bytes. Shrinking cuts off data and is refused by qemu-img. `below`: what it stands on. */
export async function resizeDisk(
  path: string,
  format: DiskFormat,
  size: number,
  { below = [], key }: { readonly below?: readonly string[]; readonly key?: Key | undefined } = {},
): Promise<void> {
  if (key) {
    // Of an encrypted one what is below is not opened: its key is another.
    const alone: KeyedFile = { path, format, key };
    const name = keyedName([alone], { alone: true });
    return void (await qemuImg(["resize", "-q", name, String(size)], { write: [path], keys: [key] }));
  }
  await qemuImg(["resize", "-q", "-f", format, resolve(path), String(size)], { read: below, write: [path] });
}
