/** What a running guest writes to, and how all of it is made immutable at once. */
import { update } from "#durable/store/update";
import { fileOf, overlayNode, stackedNode } from "#hypervisor/qemu/disk";
import type { Monitor } from "#hypervisor/qemu/monitor";
import { forgetSecrets, tellSecrets } from "#hypervisor/qemu/secret";
import { releaseStacked } from "#hypervisor/qemu/stream";
import { layerPrefix, type Layer } from "../volume/layer.ts";
import { linkOf, passphrase, type KeyParts } from "./disk-plan.ts";
import type { Fleet } from "./fleet.ts";
import type { LiveGuest } from "./live.ts";
import { guestKey, nvramId, onLayers, type GuestRecord } from "./record.ts";

interface BlockInfo {
  /** QEMU's name of the drive; those of block devices have none. */
  readonly device: string;
  readonly qdev?: string;
  readonly inserted?: { readonly "node-name": string; readonly file: string };
}

/** The drive that QEMU makes of argv.ts's second flash chip. */
const nvramDrive = "pflash1";

/** Where the guest writes to now: node and file, by what writes. */
export async function activeNodes(monitor: Monitor): Promise<Map<string, { node: string; file: string }>> {
  const blocks = await monitor.execute<BlockInfo[]>("query-block");
  const found = new Map<string, { node: string; file: string }>();
  for (const { device, qdev, inserted } of blocks) {
    const disk = /(?:^|\/)(disk\d+)-dev(?:\/|$)/.exec(qdev ?? "")?.[1];
    const id = device === nvramDrive ? nvramId : disk;
    if (id !== undefined && inserted)
      found.set(id, { node: inserted["node-name"], file: fileOf(inserted.file) });
  }
  return found;
}

/**
 * Lets the guest write to new layers from now on, in one transaction: what is below is frozen. What can be found out
 * before is: the guest's writing is held up only while the function that this resolves to runs.
 */
export async function readyToFreeze(
  parts: KeyParts,
  monitor: Monitor,
  next: Readonly<Record<string, Layer>>,
): Promise<() => Promise<void>> {
  const now = await activeNodes(monitor);
  const actions: object[] = [];
  for (const [id, layer] of Object.entries(next)) {
    // Those of an attempt that came to nothing, and those that a shortened chain has no use for any more.
    await releaseStacked(monitor, id);
    const secret = passphrase(parts, layer);
    await tellSecrets(monitor, secret ? [secret] : []);
    const overlay = linkOf(id, layer);
    await monitor.execute("blockdev-add", { ...overlayNode(overlay) });
    actions.push({ type: "blockdev-snapshot", data: { node: now.get(id)!.node, overlay: overlay.node } });
  }
  return async () => void (await monitor.execute("transaction", { actions }));
}

/** Makes the record say what QEMU says: which layers the guest writes to. What was ready for it to write to is closed. */
export async function activeLayers(fleet: Fleet, live: LiveGuest, id: string): Promise<void> {
  const { store } = fleet.parts;
  const layers = (await store.list(layerPrefix)).items.map(({ value }) => value as Layer);
  const written: Record<string, Layer> = {};
  for (const [what, { node, file }] of await activeNodes(live.monitor)) {
    // A node that was put over another is called by its layer, and so are those of encrypted disks.
    const layer =
      layers.find(({ id }) => node === stackedNode(what, id)) ?? layers.find(({ path }) => path === file);
    if (layer) written[what] = layer;
    await releaseStacked(live.monitor, what);
  }
  await forgetSecrets(live.monitor);
  await update<GuestRecord>(store, guestKey(id), (record) => record && onLayers(record, written));
}
