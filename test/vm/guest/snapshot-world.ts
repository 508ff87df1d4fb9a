/** What tests of snapshots ask of a Lodge. */
import { join } from "node:path";
import { exec } from "#base/exec";
import { hasEnded } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import { findGuest } from "#domain/guest/record";
import { findSnapshot, heldLayers } from "#domain/guest/snapshot/record";
import { layerById } from "#domain/volume/layer";
import type { TestLodge } from "../daemon.ts";

type Snapshot = Schemas["Snapshot"];

export const take = async (lodge: TestLodge, guest: string, body: Schemas["SnapshotCreate"] = {}) => {
  const { result } = await lodge.done(lodge.client.call("snapshotCreate", { params: { guest }, body }));
  return result as { snapshot: Snapshot; warning?: string };
};

/** Restores, and waits until the guest is started where it is to be. */
export async function restore(
  lodge: TestLodge,
  guest: string,
  snapshot: string,
  body: Schemas["SnapshotRestore"] = {},
): Promise<void> {
  const params = { guest, snapshot };
  const { result } = await lodge.done(lodge.client.call("snapshotRestore", { params, body }));
  const { starting } = result as { starting?: string };
  if (starting === undefined) return;
  const start = await lodge.client.call("operationGet", { params: { operation: starting } });
  if (!hasEnded(start)) await lodge.client.waitFor(start);
}

export const removeSnapshot = async (lodge: TestLodge, guest: string, snapshot: string) => {
  const params = { guest, snapshot };
  const { result } = await lodge.done(lodge.client.call("snapshotDelete", { params }));
  return result as { removed: string[]; freed: number };
};

export const names = async (lodge: TestLodge, guest: string): Promise<string[]> =>
  (await lodge.client.call("snapshotList", { params: { guest } })).map(({ name }) => name);

/** The disks of a snapshot as raw files, by their ids. The daemon rests meanwhile. */
export async function rawDisks(
  lodge: TestLodge,
  guest: string,
  snapshot: string,
): Promise<Readonly<Record<string, string>>> {
  await lodge.end("SIGTERM");
  const files: Record<string, string> = {};
  await lodge.withStore(async (store) => {
    const record = await findSnapshot(store, await findGuest(store, guest, "default"), snapshot);
    for (const [disk, layer] of Object.entries(heldLayers(record))) {
      const { path, format } = await layerById(store, layer);
      const raw = join(lodge.home, `${snapshot}-${disk}.raw`);
      await exec("qemu-img", ["convert", "-U", "-f", format, "-O", "raw", path, raw]);
      files[disk] = raw;
    }
  });
  await lodge.start();
  return files;
}
