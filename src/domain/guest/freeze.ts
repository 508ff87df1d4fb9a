/** A running guest's disks: made immutable all at once, and what it writes to now. */
import { update } from "#durable/store/update";
import type { Monitor } from "#hypervisor/qemu/monitor";
import { layerPrefix, type Layer } from "../volume/layer.ts";
import type { Fleet } from "./fleet.ts";
import type { LiveGuest } from "./live.ts";
import { guestKey, type GuestRecord } from "./record.ts";

interface BlockInfo {
  readonly qdev?: string;
  readonly inserted?: { readonly "node-name": string; readonly file: string };
}

/** What each disk writes to now: its node and file, by the disk's id. */
export async function activeNodes(monitor: Monitor): Promise<Map<string, { node: string; file: string }>> {
  const blocks = await monitor.execute<BlockInfo[]>("query-block");
  const found = new Map<string, { node: string; file: string }>();
  for (const { qdev, inserted } of blocks) {
    const id = /(?:^|\/)(disk\d+)-dev(?:\/|$)/.exec(qdev ?? "")?.[1];
    if (id !== undefined && inserted) found.set(id, { node: inserted["node-name"], file: inserted.file });
  }
  return found;
}

/** Lets every disk write to its new layer from now on, in one transaction: what is below is frozen. */
export async function freezeDisks(monitor: Monitor, next: Readonly<Record<string, Layer>>): Promise<void> {
  const now = await activeNodes(monitor);
  const actions = Object.entries(next).map(([id, layer]) => ({
    type: "blockdev-snapshot-sync",
    data: {
      "node-name": now.get(id)!.node,
      "snapshot-file": layer.path,
      "snapshot-node-name": `${id}-${layer.id}`,
      mode: "existing",
      format: "qcow2",
    },
  }));
  await monitor.execute("transaction", { actions });
}

/** Makes the record say what QEMU says: which layer each disk writes to. */
export async function activeLayers(fleet: Fleet, live: LiveGuest, id: string): Promise<void> {
  const { store } = fleet.parts;
  const now = await activeNodes(live.monitor);
  const layers = (await store.list(layerPrefix)).items.map(({ value }) => value as Layer);
  const layerOf = (file: string | undefined) => layers.find(({ path }) => path === file);
  await update<GuestRecord>(
    store,
    guestKey(id),
    (record) =>
      record && {
        ...record,
        disks: record.disks.map((disk) => {
          const layer = layerOf(now.get(disk.id)?.file);
          return layer ? { ...disk, layer: layer.id, format: layer.format } : disk;
        }),
      },
  );
}
