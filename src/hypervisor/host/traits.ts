/** What this computer has that guests may need, and not every computer has. */
import { readFile, readdir } from "node:fs/promises";

/** Flags of the processor as the kernel names them; none where it names none. */
export async function cpuFlags(cpuinfo = "/proc/cpuinfo"): Promise<string[]> {
  const text = await readFile(cpuinfo, "utf8").catch(() => "");
  const flags = /^flags\s*:(.*)$/m.exec(text)?.[1] ?? "";
  return flags.trim() === "" ? [] : flags.trim().split(/\s+/).toSorted();
}

/** Names of the network devices, also of those that are down. */
export const networkDevices = (folder = "/sys/class/net"): Promise<string[]> =>
  readdir(folder).catch(() => []);
