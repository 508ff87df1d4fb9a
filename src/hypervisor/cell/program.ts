/** What a program needs of the host to run in an empty root: its own file and the libraries that it is linked to. */
import { lstat, readlink, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { exec } from "#base/exec";
import type { Bind, CellPlan } from "./bubblewrap.ts";

export type ProgramFiles = Pick<CellPlan, "binds" | "links">;

/** The files that ldd(1) names: libraries, and the loader. Pure. */
export function parseLdd(text: string): string[] {
  const files = text.split("\n").map((line) => /(?:=>\s*|^\s*)(\/\S+)\s+\(0x/.exec(line)?.[1]);
  return files.filter((file) => file !== undefined);
}

/**
 * Whole folders of libraries: programs load others of them as they run (modules of QEMU's, character sets). All of
 * them can be read by everybody on the host anyway.
 *
 * @throws LodgeError host.command_missing, host.command_failed for what is no program of this system's
 */
export async function programFiles(...programs: readonly string[]): Promise<ProgramFiles> {
  const libraries = new Set<string>();
  for (const program of programs) {
    const { stdout } = await exec("ldd", [program]);
    for (const file of parseLdd(stdout)) libraries.add(file);
  }
  const folders = new Set<string>();
  const links: Record<string, string> = {};
  for (const file of libraries) {
    folders.add(await realpath(dirname(file)));
    folders.add(dirname(await realpath(file)));
    const top = `/${file.split("/")[1]!}`;
    if ((await lstat(top)).isSymbolicLink()) links[top] = await readlink(top);
  }
  const read = (from: string): Bind => ({ from, how: "read" });
  return {
    binds: [
      ...outermost([...folders]).map(read),
      ...programs.map(read),
      { from: "/etc/ld.so.cache", how: "read", optional: true },
    ],
    links,
  };
}

/** Those that lie below none of the others. Pure. */
export const outermost = (folders: readonly string[]): string[] =>
  folders.filter((folder) => !folders.some((other) => folder.startsWith(`${other}/`))).toSorted();
