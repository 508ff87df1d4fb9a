import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { exec } from "#base/exec";

/** A kernel module, ready to be loaded: not compressed. */
export interface KernelModule {
  readonly name: string;
  readonly data: Uint8Array;
}

const nameOf = (file: string): string =>
  basename(file)
    .replace(/\.ko(\.xz|\.zst)?$/, "")
    .replaceAll("-", "_");

/** Not every kernel comes with plain modules: Debian 13's are compressed. */
async function load(file: string): Promise<Buffer> {
  if (file.endsWith(".ko")) return readFile(file);
  const plain = file.replace(/\.(xz|zst)$/, "");
  await exec(file.endsWith(".zst") ? "zstd" : "xz", ["--decompress", "--keep", "--force", file]);
  return readFile(plain);
}

/** What a module says it needs: its section .modinfo is a list of "key=value", each ended by a zero. */
export function neededBy(module: Buffer): string[] {
  const names: string[] = [];
  for (const key of ["\0depends=", "\0softdep=pre: "]) {
    for (let at = module.indexOf(key); at >= 0; at = module.indexOf(key, at + 1)) {
      const start = at + key.length;
      const value = module.toString("latin1", start, module.indexOf(0, start));
      names.push(...value.split(/[, ]+/).filter((name) => /^[\w-]+$/.test(name)));
    }
  }
  return names.map((name) => name.replaceAll("-", "_"));
}

/**
 * The modules below `folder` with these names and all they need, in the order to load them. A name that
 * is no module is in the kernel itself.
 */
export async function kernelModules(folder: string, wanted: readonly string[]): Promise<KernelModule[]> {
  const files = new Map<string, string>();
  for (const file of await readdir(folder, { recursive: true })) {
    if (/\.ko(\.xz|\.zst)?$/.test(file)) files.set(nameOf(file), join(folder, file));
  }
  const ordered = new Map<string, KernelModule>();
  const add = async (name: string): Promise<void> => {
    const file = files.get(name);
    if (!file || ordered.has(name)) return;
    const data = await load(file);
    for (const needed of neededBy(data)) await add(needed);
    ordered.set(name, { name, data });
  };
  for (const name of wanted) await add(name);
  return [...ordered.values()];
}
