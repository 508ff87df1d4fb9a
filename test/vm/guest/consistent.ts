/** Is what the records say what is on the host, and nothing else? */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { listGuests, writtenLayers } from "#domain/guest/record";
import { heldLayers, listSnapshots } from "#domain/guest/snapshot/record";
import { listTemplates, templateUsePrefix } from "#domain/template/record";
import { layerPrefix, type Layer, reachable } from "#domain/volume/layer";
import { listVolumes, volumeLayers } from "#domain/volume/record";
import { isAlive } from "#base/process";
import type { Store } from "#durable/store/store";
import { backingFile } from "#hypervisor/disk/backing";
import { networkOf, processesOf, type TestLodge } from "../daemon.ts";

const settled = ["running", "paused", "stopped", "suspended", "crashed"];

/** Once all operations have ended. Leaves the daemon stopped, since the store has one user at a time. */
export async function assertConsistent(lodge: TestLodge): Promise<void> {
  await lodge.idle();
  for (const { name, state } of await lodge.client.call("guestList")) {
    if (state === "running") await lodge.sh(name, "true");
  }
  await lodge.end("SIGTERM");
  await lodge.withStore((store) => compare(lodge, store));
}

async function compare({ paths, tag }: TestLodge, store: Store): Promise<void> {
  const guests = await listGuests(store);
  const templates = await listTemplates(store);
  const layers = (await store.list(layerPrefix)).items.map(({ value }) => value as Layer);
  const keys = async (prefix: string) => (await store.list(prefix)).items;
  for (const { name, state, process } of guests) {
    assert.ok(settled.includes(state), `${name} is ${state}`);
    const running = state === "running" || state === "paused";
    assert.equal(process !== undefined && isAlive(process), running, `${name} is ${state}`);
  }
  for (const { id, state } of templates) assert.notEqual(state, "building", `template ${id}`);
  const names = (await keys("guest-names/")).map(({ value }) => value);
  same(names, ids(guests), "names");
  const addresses = (await keys("addresses/")).map(({ value }) => value);
  same(addresses, ids(guests.filter(({ nics }) => nics[0]?.address !== undefined)), "addresses");
  same(readdirSync(paths.guests), ids(guests), "folders of guests");
  for (const { id, name, state, machine } of guests) {
    const odd = readdirSync(join(paths.guests, id)).filter((file) => !/\.log$|^seed|^snapshots$/.test(file));
    const expected = [...(state === "suspended" ? ["suspended.state"] : []), ...(machine.tpm ? ["tpm"] : [])];
    same(odd, expected, `files of ${name}, which is ${state}`);
  }
  const files = guests.flatMap(({ id }) => namesIn(join(paths.guests, id, "snapshots")));
  const beside = (await listSnapshots(store)).flatMap(({ memoryFile, tpm }) => [memoryFile, tpm]);
  same(
    files,
    beside.flatMap((path) => (path === undefined ? [] : [basename(path)])),
    "files of snapshots",
  );
  // Of a stale one its guests need the layer alone.
  const whole = templates.filter(({ state }) => state !== "stale");
  same(readdirSync(paths.templates), ids(whole), "folders of templates");
  const known = ids(templates);
  for (const { key } of await keys(templateUsePrefix))
    assert.ok(known.includes(key.slice(templateUsePrefix.length)), `${key} is of no template`);
  same(
    readdirSync(join(paths.home, "layers")).filter((name) => name !== viewsFolder),
    layers.map(({ id, format }) => `${id}.${format}`),
    "layers' files",
  );
  const snapshots = await listSnapshots(store);
  same(
    (await keys("snapshot-names/")).map(({ value }) => value),
    ids(snapshots),
    "names of snapshots",
  );
  for (const { guest } of snapshots)
    assert.ok(ids(guests).includes(guest), `a snapshot of ${guest}, which is gone`);
  for (const { id, snapshot } of guests)
    assert.ok(snapshot === undefined || ids(snapshots).includes(snapshot), `${id} stands on no snapshot`);
  const volumes = await listVolumes(store);
  const attached = guests.flatMap(({ disks }) => disks.flatMap(({ volume }) => volume ?? []));
  const placed = volumes.filter(({ place }) => place.kind === "guest");
  same(attached, ids(placed), "volumes attached");
  same(
    (await keys("volume-names/")).map(({ value }) => value),
    ids(volumes),
    "names of volumes",
  );
  const roots = [
    ...volumes.flatMap(volumeLayers),
    ...snapshots.flatMap((snapshot) => Object.values(heldLayers(snapshot))),
    ...guests.flatMap((guest) => Object.values(writtenLayers(guest))),
    ...templates.map(({ layer }) => layer),
  ];
  same(
    layers.map(({ id }) => id),
    [...reachable(layers, roots)],
    "layers in use",
  );
  for (const { id, path, below } of layers) {
    if (below === undefined) continue;
    const under = layers.find((layer) => layer.id === below);
    assert.equal(await backingFile(path), under?.path, `what layer ${id} stands on`);
  }
  const running = guests.filter(({ process }) => process);
  const processes = [
    ...running.flatMap(({ process }) => [process!.pid, ...(process!.tpm ? [process!.tpm.pid] : [])]),
    ...holders(templates),
  ];
  same(emulatorsAndHolders(paths), processes, "processes");
  same(
    readdirSync(paths.run).filter((name) => name.startsWith("g") || name.startsWith("t")),
    ids(running),
    "folders of sockets",
  );
  for (const root of [join(paths.home, "layers"), paths.images]) {
    const views = join(root, viewsFolder);
    same(namesIn(views), ids(running), `what cells see of ${root}`);
    for (const id of namesIn(views))
      for (const name of readdirSync(join(views, id)))
        assert.ok(existsSync(join(root, name)), `${id} keeps the space of ${name}, which is removed`);
  }
  for (const { key } of await keys("cell-users/"))
    assert.ok(ids(guests).includes(key.slice("cell-users/".length)), `${key} is of no guest`);
  const taps = (await networkOf(tag)).filter((device) => device.startsWith(`l${tag}`));
  assert.equal(
    taps.length,
    running.reduce((sum, { nics }) => sum + nics.length, 0),
    `taps: ${taps}`,
  );
}

/** Where cells see layers and images: see hypervisor/cell/view.ts. */
const viewsFolder = ".cells";

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

const ids = (items: readonly { readonly id: string }[]): string[] => items.map(({ id }) => id);

const holders = (templates: Awaited<ReturnType<typeof listTemplates>>): number[] =>
  templates.flatMap(({ holder }) => (holder && isAlive(holder) ? [holder.pid] : []));

const emulatorsAndHolders = (paths: TestLodge["paths"]): number[] =>
  processesOf(paths)
    // bubblewrap is outside of each cell for as long as there is something in it.
    .filter(({ what }) => !what.includes("dnsmasq") && !/^\S*bwrap /.test(what))
    .map(({ pid }) => pid);

function same(found: readonly unknown[], expected: readonly unknown[], what: string): void {
  const sorted = (list: readonly unknown[]) => [...new Set(list)].map(String).toSorted();
  assert.deepEqual(sorted(found), sorted(expected), what);
}
