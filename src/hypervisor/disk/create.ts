/**
 * Makes and resizes disk files with qemu-img.
 *
 * Every path is made absolute first: qemu-img takes a word before a colon for a protocol, `json:` for a
 * description and a leading dash for an option, but none of that in what begins with a slash. Formats are
 * always named, since a guest can write whatever header it likes into a raw disk.
 */
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import { exec, type ExecOptions } from "#base/exec";
import { withKey } from "./key-file.ts";
import { headLength, parseQcow2 } from "./qcow2-header.ts";
import { qemuImg } from "./qemu-img.ts";

export type DiskFormat = "qcow2" | "raw";

/** @throws LodgeError host.no_space, host.command_failed */
async function create(path: string, args: readonly string[], options: ExecOptions = {}): Promise<void> {
  await exec("qemu-img", ["create", "-q", ...args], options).catch((error: unknown) => {
    if (hasCode(error, "host.command_failed") && /No space left on device/.test(error.detail ?? ""))
      throw new LodgeError("host.no_space", { path }, { cause: error, detail: error.detail });
    throw error;
  });
}

/**
 * Its key is random and as long as the cipher's: to make guessing slow, as for a password, would only make opening slow.
 * It comes in a file without a name, in memory, as the first descriptor that is inherited.
 */
const encryption = [
  ...["--object", "secret,id=key,file=/proc/self/fd/3"],
  ...["-o", "encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10"],
];

/** An empty disk of `size` bytes that takes no space yet; `key`: that it is encrypted with, where it is qcow2. */
export async function createBlank(
  path: string,
  options: { format: DiskFormat; size: number; key?: string },
): Promise<void> {
  const { key } = options;
  if (key !== undefined)
    return withKey(key, (descriptor) =>
      create(path, [...encryption, "-f", "qcow2", resolve(path), String(options.size)], {
        descriptors: [descriptor],
      }),
    );
  await create(path, ["-f", options.format, resolve(path), String(options.size)]);
}

/**
 * A qcow2 file that holds what differs from `backing`, which must not change from now on.
 *
 * @param options.size bytes that the guest sees; default: as many as the backing file has.
 */
export async function createOverlay(
  path: string,
  options: { backing: string; backingFormat: DiskFormat; size?: number },
): Promise<void> {
  const size = options.size ?? (await guestSize(options.backing, options.backingFormat));
  // Unsafe (-u) is what opens nothing: a guest's process may have written whatever it likes into what is below.
  const backing = ["-u", "-b", resolve(options.backing), "-F", options.backingFormat];
  await create(path, ["-f", "qcow2", ...backing, resolve(path), String(size)]);
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
  below: readonly string[] = [],
): Promise<void> {
  await qemuImg(["resize", "-q", "-f", format, resolve(path), String(size)], { read: below, write: [path] });
}
