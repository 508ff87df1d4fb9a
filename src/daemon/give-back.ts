/**
 * Gives back to the host what the daemon does not need any more (docs/decisions/0018-daemon-memory.md):
 *
 * - what it has freed. glibc keeps that for the thread that had it, also when the thread is gone, as a branch's is;
 * - what of Node's program only a start, a compilation or the like goes through. The host keeps the file's pages
 *   while it has room, and what is called again is there again at once.
 */
import { readFileSync } from "node:fs";
import { dropPages, mallocTrim } from "#base/libc";

/** Milliseconds between two looks; and bytes that were taken since the last time for which it is done again. */
const every = 10_000;
const worth = 4 * 2 ** 20;

/** Looks every now and then, until the timer is cleared. */
export function giveMemoryBack(): NodeJS.Timeout {
  let program: readonly Pages[] | undefined;
  let kept: number | undefined = 0;
  const look = () => {
    const resident = process.memoryUsage.rss();
    // By the next look, what is in use has come back.
    kept ??= resident;
    if (resident < kept + worth) return;
    program ??= findProgram();
    mallocTrim();
    for (const { address, length } of program) dropPages(address, length);
    kept = undefined;
  };
  return setInterval(look, every).unref();
}

export interface Pages {
  readonly address: bigint;
  readonly length: bigint;
}

/**
 * Where the code and the constants of Node's program are, as its file has them. A part that was written to is left
 * out, such as the one that the dynamic linker fills in: dropping that would lose what was written.
 */
export function findProgram(): Pages[] {
  const mappings = readFileSync("/proc/self/smaps", "utf8").split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  return mappings.flatMap((mapping) => {
    const [head = ""] = mapping.split("\n", 1);
    const [, begin, end] = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p /.exec(head) ?? [];
    if (end === undefined || !head.endsWith(` ${process.execPath}`)) return [];
    if (!/^Anonymous: +0 kB$/m.test(mapping)) return [];
    const address = BigInt(`0x${begin}`);
    return [{ address, length: BigInt(`0x${end}`) - address }];
  });
}
