/**
 * Passphrases of encrypted files, in a running QEMU: each is an object, named by the layer whose file it opens, for as long
 * as that is open. (QEMU opens its files once more when a saved state was loaded.)
 */
import type { Monitor } from "./monitor.ts";

export interface Passphrase {
  /** The object's id: see secretId(). */
  readonly id: string;
  readonly data: string;
}

interface Node {
  readonly "node-name"?: string;
}
interface Property {
  readonly name: string;
}

const ending = "-key";

/** The object that has a layer's passphrase. */
export const secretId = (layer: string): string => layer + ending;

async function known(monitor: Monitor): Promise<string[]> {
  const objects = await monitor.execute<Property[]>("qom-list", { path: "/objects" });
  return objects.map(({ name }) => name).filter((name) => name.endsWith(ending));
}

/** Idempotent: a layer's passphrase never changes. */
export async function tellSecrets(monitor: Monitor, secrets: readonly Passphrase[]): Promise<void> {
  if (secrets.length === 0) return;
  const there = await known(monitor);
  for (const { id, data } of secrets)
    if (!there.includes(id)) await monitor.execute("object-add", { "qom-type": "secret", id, data });
}

/** Drops those whose file is not open any more. Nodes of encrypted files are named by disk and layer. */
export async function forgetSecrets(monitor: Monitor): Promise<void> {
  const there = await known(monitor);
  if (there.length === 0) return;
  const nodes = await monitor.execute<Node[]>("query-named-block-nodes", { flat: true });
  const names = nodes.map((node) => node["node-name"] ?? "");
  for (const id of there) {
    const opens = id.slice(0, -ending.length);
    // An older Lodge named them by the disk alone.
    if (!names.some((name) => name === opens || name.endsWith(`-${opens}`)))
      await monitor.execute("object-del", { id });
  }
}
