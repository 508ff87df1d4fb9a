/** Puts the stand-in for QEMU where the real one would be, and finds its processes. */
import { readdirSync, readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Its name as the real one's: by that an orphan is known. */
const name = "qemu-system-fake";

export async function installFakeQemu(path: string): Promise<void> {
  const program = join(import.meta.dirname, "fake-qemu.ts");
  // What starts it hands no environment on.
  const compiled = process.env["NODE_COMPILE_CACHE"];
  const keep = compiled === undefined ? "" : `export NODE_COMPILE_CACHE="${compiled}"\n`;
  await writeFile(path, `#!/bin/bash\n${keep}exec -a ${name} "${process.execPath}" "${program}" "$@"\n`);
  await chmod(path, 0o755);
}

/** Ids of those that have something below the folder. */
export function fakeProcesses(folder: string): number[] {
  return readdirSync("/proc").flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return words[0] === name && words.some((word) => word.includes(folder)) ? [pid] : [];
    } catch {
      return [];
    }
  });
}
