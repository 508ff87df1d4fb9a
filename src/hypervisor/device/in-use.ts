/** Whether the host itself needs a device: a disk of it is mounted or swapped to, or its way out leads over it. */
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";

export interface Looked {
  /** Where /sys and /proc are. */
  readonly sys: string;
  readonly proc: string;
}

/** Why the device at this folder below /sys/devices stays the host's; undefined: nothing speaks against it. */
export function useOf(
  device: string,
  { sys, proc }: Looked = { sys: "/sys", proc: "/proc" },
): string | undefined {
  const below = (path: string | undefined) => path === device || path?.startsWith(`${device}/`);
  for (const number of mountedNumbers(proc))
    if (disksUnder(real(join(sys, "dev/block", number))).some(below)) return "a file system on it is mounted";
  for (const name of swaps(proc))
    if (disksUnder(real(join(sys, "class/block", name))).some(below)) return "the host swaps to it";
  for (const name of waysOut(proc))
    if (below(real(join(sys, "class/net", name)))) return `the host's default route leads over it (${name})`;
  return undefined;
}

const lines = (path: string): string[] => {
  try {
    return readFileSync(path, "utf8").trim().split("\n");
  } catch {
    return [];
  }
};

/** proc(5): the third field of each line is the device's number. */
const mountedNumbers = (proc: string): string[] => [
  ...new Set(lines(join(proc, "self/mountinfo")).map((line) => line.split(" ")[2] ?? "")),
];

const swaps = (proc: string): string[] =>
  lines(join(proc, "swaps")).flatMap((line) => /^\/dev\/(\S+)/.exec(line)?.[1] ?? []);

/** Of IPv4 the second field is the target, of IPv6 the first two. */
const waysOut = (proc: string): string[] => [
  ...lines(join(proc, "net/route")).flatMap((line) => {
    const [name, target] = line.split("\t");
    return target === "00000000" ? [name!] : [];
  }),
  ...lines(join(proc, "net/ipv6_route")).flatMap((line) => {
    const parts = line.split(/\s+/);
    return /^0{32}$/.test(parts[0] ?? "") && parts[1] === "00" && parts[9] !== "lo" ? [parts[9]!] : [];
  }),
];

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** A block device and those that it is made of: LVM, RAID, encryption. */
function disksUnder(folder: string | undefined): string[] {
  if (folder === undefined) return [];
  const slaves = join(folder, "slaves");
  let names: string[];
  try {
    names = readdirSync(slaves);
  } catch {
    return [folder];
  }
  return [folder, ...names.flatMap((name) => disksUnder(real(join(slaves, name))))];
}
