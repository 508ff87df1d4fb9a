/** What images need to know of guests: who stands on one, and how a guest's disk becomes one. */
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import type { Store } from "#durable/store/store";
import { convert } from "#hypervisor/disk/convert";
import { filesBelow } from "#domain/guest/files-below";
import { listVerdicts } from "#domain/guest/between/verdict";
import { listVisits } from "#domain/guest/between/visit-record";
import { listMoves } from "#domain/guest/migrate/move-record";
import { listCopies } from "#domain/guest/replica/copy";
import { guestById, listGuests, writtenLayers, type GuestRecord } from "#domain/guest/record";
import { heldLayers, listSnapshots } from "#domain/guest/snapshot/record";
import { requireAction } from "#domain/guest/state";
import type { ImageGuests, ImageUser } from "#domain/image/tools";
import { listTemplates } from "#domain/template/record";
import { holdLayers, layerById, layerPrefix, type Layer } from "#domain/volume/layer";
import { listVolumes, volumeLayers } from "#domain/volume/record";

/** Every layer that a guest, a snapshot, a template or a volume stands on. */
export async function layerRoots(store: Store): Promise<string[]> {
  // Before the guests: what a guest that comes here brings is its own from the moment on at which its move is over.
  const moves = await listMoves(store);
  // Likewise of guests that go outside or come from there.
  const [visits, verdicts] = await Promise.all([listVisits(store), listVerdicts(store)]);
  // Likewise: what a replica has is its guest's from the moment on at which it is started.
  const copies = await listCopies(store);
  // Before the guests and after them: a volume that comes to a guest or leaves it meanwhile is seen at one of the two.
  const before = await listVolumes(store);
  // Snapshots last: one is made of what its guest stood on until then, and is removed with its guest.
  const [guests, templates] = await Promise.all([listGuests(store), listTemplates(store)]);
  const snapshots = await listSnapshots(store);
  const volumes = [...before, ...(await listVolumes(store))];
  return [
    ...moves.flatMap(({ layers }) => layers),
    ...copies.flatMap(({ layers }) => layers),
    ...visits.flatMap(({ layers = [] }) => layers),
    ...verdicts.flatMap(({ layers = [] }) => layers),
    ...volumes.flatMap(volumeLayers),
    ...snapshots.flatMap((snapshot) => Object.values(heldLayers(snapshot))),
    ...guests.flatMap((guest) => Object.values(writtenLayers(guest))),
    ...templates.map(({ layer }) => layer),
  ];
}

async function imageOf(byId: ReadonlyMap<string, Layer>, top: string): Promise<string | undefined> {
  for (let id: string | undefined = top; id !== undefined; id = byId.get(id)?.below) {
    const image = byId.get(id)?.image;
    if (image !== undefined) return image;
  }
  return undefined;
}

/** An image is for everyone. @throws LodgeError volume.encrypted */
function requirePlain({ name, disks: [disk] }: GuestRecord): void {
  if (!disk?.encrypted) return;
  const wish = "an image of it would have everything in the clear";
  const remedy = "Install what the image is to have in a guest that is not encrypted";
  throw new LodgeError("volume.encrypted", { volume: `${name}:${disk.id}`, wish, remedy });
}

export const imageGuests = (store: Store): ImageGuests => ({
  async usersOf(image) {
    const layers = (await store.list(layerPrefix)).items.map(({ value }) => value as Layer);
    const byId = new Map(layers.map((layer) => [layer.id, layer]));
    const users: ImageUser[] = [];
    for (const { name, project, disks } of await listGuests(store)) {
      const images = await Promise.all(disks.map(({ layer }) => imageOf(byId, layer)));
      if (images.includes(image)) users.push({ name: `guest ${name}`, project });
    }
    for (const snapshot of await listSnapshots(store)) {
      const held = Object.values(heldLayers(snapshot));
      if ((await Promise.all(held.map((layer) => imageOf(byId, layer)))).includes(image))
        users.push({
          name: `snapshot ${snapshot.name} of ${(await guestById(store, snapshot.guest)).name}`,
          project: snapshot.project,
        });
    }
    for (const template of await listTemplates(store)) {
      const { id, project } = template;
      if (template.image === image) users.push({ name: `template ${id}`, project });
    }
    return users;
  },

  async source(ref) {
    const record = await guestById(store, ref);
    requireAction(record, "create-image");
    requirePlain(record);
    return { id: record.id, project: record.project };
  },

  async flatten(id, { folder, signal, progress }) {
    const record = await guestById(store, id);
    requirePlain(record);
    const [disk] = record.disks;
    const layer = await layerById(store, disk!.layer);
    const path = join(folder, "disk.raw");
    const onProgress = (fraction: number) => progress(fraction, "Copying the disk");
    const below = await filesBelow(store, layer.id);
    await using _held = await holdLayers([layer.path, ...below]);
    await convert(layer.path, layer.format, path, "raw", { signal, onProgress, below });
    const nvram = record.nvram === undefined ? undefined : await layerById(store, record.nvram);
    const variables = { path: join(folder, "uefi-variables.raw"), secureBoot: record.machine.secureBoot };
    if (nvram) {
      const under = await filesBelow(store, nvram.id);
      await convert(nvram.path, nvram.format, variables.path, "raw", { signal, below: under });
    }
    return {
      path,
      kind: "disk",
      format: "raw",
      size: disk!.size,
      agent: record.agent,
      cloudInit: record.cloudInit,
      firmware: [record.machine.firmware],
      description: `The disk of guest ${record.name}`,
      ...(record.defaultUser === undefined ? {} : { defaultUser: record.defaultUser }),
      ...(nvram ? { uefiVariables: variables } : {}),
    };
  },
});
