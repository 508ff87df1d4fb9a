/**
 * Memory nodes of this computer, and on which a guest is best placed: memory of another node is farther away from a
 * processor. Not tried on a computer that has several.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCpuList } from "./cpu-list.ts";

export interface Node {
  readonly id: number;
  /** As cpuset(7) lists them. */
  readonly cpus: string;
  /** Bytes. */
  readonly free: number;
}

/** Those with processors; `root` is laid out as /sys/devices/system/node. */
export function readNodes(root = "/sys/devices/system/node"): Node[] {
  const text = (...path: string[]) => readFileSync(join(root, ...path), "latin1");
  try {
    return readdirSync(root)
      .flatMap((name) => /^node(\d+)$/.exec(name)?.[1] ?? [])
      .map(Number)
      .toSorted((a, b) => a - b)
      .map((id) => {
        const free = /MemFree:\s+(\d+) kB/.exec(text(`node${id}`, "meminfo"))?.[1];
        return { id, cpus: text(`node${id}`, "cpulist").trim(), free: Number(free ?? 0) * 1024 };
      })
      .filter(({ cpus }) => cpus !== "");
  } catch {
    return [];
  }
}

/**
 * The node for a guest: of those where all its processors and its memory fit, the one whose processors have least to
 * do by what was placed there before, then the one with most free memory. Undefined: one node is all there is, or
 * none is large enough, and the kernel places it as it can.
 *
 * @param taken virtual processors that were placed on each node
 */
export function placeOnNode(
  nodes: readonly Node[],
  guest: { readonly cpus: number; readonly memory: number },
  taken: ReadonlyMap<number, number>,
): Node | undefined {
  if (nodes.length < 2) return undefined;
  const load = ({ id, cpus }: Node) => ((taken.get(id) ?? 0) + guest.cpus) / parseCpuList(cpus).length;
  const fitting = nodes.filter(
    ({ cpus, free }) => parseCpuList(cpus).length >= guest.cpus && free >= guest.memory,
  );
  const [best] = fitting.toSorted((a, b) => load(a) - load(b) || b.free - a.free || a.id - b.id);
  return best;
}
