import { rm } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "#base/ids";
import { makeOwn, readOwn } from "#base/own-file";
import type { Monitor } from "#hypervisor/qemu/monitor";

/** Of a picture of a display, as QEMU writes it: 5120 by 2880 pixels of three bytes each, and some more. */
export const mostBytes = 64 * 1048576;

/** The guest's display as a PNG. QEMU writes it into the folder of its sockets, from where it is read. */
export async function screenshot(monitor: Monitor, folder: string): Promise<Uint8Array> {
  const file = join(folder, `${newId("s")}.png`);
  try {
    await makeOwn(file);
    await monitor.execute("screendump", { filename: file, format: "png" });
    return await readOwn(file, mostBytes);
  } finally {
    await rm(file, { force: true });
  }
}
