/** The servers that Lodge leaves running beside a network, recognised by their command lines. */
import { readdir, readFile } from "node:fs/promises";

/** A process's arguments, its program's name first; empty when it is gone. */
export async function commandLine(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return text === "" ? [] : text.replace(/\0$/, "").split("\0");
}

/** The number in a pid file; undefined when there is none. */
export async function readPid(path: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(path, "utf8").catch(() => ""), 10);
  return pid > 1 ? pid : undefined;
}

/** Ids of the processes whose arguments the caller recognises. Reads all of /proc: some 10 ms. */
export async function findProcesses(recognise: (argv: readonly string[]) => boolean): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => recognise(await commandLine(pid))));
  return pids.filter((_, i) => found[i]);
}
