/** Images of Ceph's that are files of a home (hypervisor/disk/pool/rbd/export.ts); for when no daemon can close them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exec } from "#base/exec";
import { endProcess, type ProcessRef } from "#base/process";

export async function endImages(home: string): Promise<void> {
  const folder = join(home, "rbd");
  for (const pool of namesIn(folder)) {
    const states = join(folder, pool, ".exports");
    for (const name of namesIn(states).filter((one) => one.endsWith(".json"))) {
      const process = JSON.parse(readFileSync(join(states, name), "utf8")) as Partial<ProcessRef>;
      if (process.pid !== undefined) await endProcess(process as ProcessRef);
    }
  }
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const places = mounts.flatMap((line) => line.split(" ")[4] ?? []);
  // The inner ones first.
  for (const place of places.filter((one) => one.startsWith(`${folder}/`)).toReversed())
    await exec("umount", ["--lazy", "--no-canonicalize", "--", place]);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
