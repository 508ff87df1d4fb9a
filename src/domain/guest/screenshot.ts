import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "#base/ids";
import type { Monitor } from "#hypervisor/qemu/monitor";

/** The guest's display as a PNG. QEMU writes it into the guest's own folder, from where it is read. */
export async function screenshot(monitor: Monitor, folder: string): Promise<Uint8Array> {
  const file = join(folder, `${newId("s")}.png`);
  try {
    await monitor.execute("screendump", { filename: file, format: "png" });
    return await readFile(file);
  } finally {
    await rm(file, { force: true });
  }
}
