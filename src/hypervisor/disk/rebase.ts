/** Says anew in a qcow2 file's header on what it stands; nothing else of it changes. */
import { resolve } from "node:path";
import type { DiskFormat } from "./create.ts";
import { keyedName, type Key } from "./keyed.ts";
import { qemuImg } from "./qemu-img.ts";

/** `below`: undefined where it stands by itself. @throws LodgeError host.command_failed, host.cell_unavailable */
export async function rebaseAlone(
  path: string,
  below: { readonly path: string; readonly format: DiskFormat } | undefined,
  key?: Key,
): Promise<void> {
  // Unsafe (-u): it is not compared with what is below, which is not even opened.
  const over = below ? ["-b", resolve(below.path), "-F", below.format] : ["-b", ""];
  const file = key
    ? [keyedName([{ path, format: "qcow2", key }], { alone: true })]
    : ["-f", "qcow2", resolve(path)];
  const [name] = file.slice(-1);
  const options = file.slice(0, -1);
  await qemuImg(["rebase", "-q", "-u", ...options, ...over, name!], {
    write: [path],
    ...(key ? { keys: [key] } : {}),
  });
}
