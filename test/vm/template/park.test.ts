/**
 * Does parking a template stand failing, being cancelled and being killed in each of its steps? The operation
 * as it is, over a fake QEMU; memory and disk are real.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { isAlive } from "#base/process";
import type { AnyOperation } from "#durable/operation/define";
import { operationConformance, type OperationWorld } from "#durable/operation/conformance";
import type { Store } from "#durable/store/store";
import { compose } from "#domain/guest/compose";
import { Networks } from "#domain/network/networks";
import { networkKey } from "#domain/network/record";
import { defineBuild, type BuildInput, type BuildParts } from "#domain/template/build";
import { templateKey, type TemplateRecord } from "#domain/template/record";
import { layerKey, layerPath, layerPrefix } from "#domain/volume/layer";
import { openPass } from "#domain/host/demand";
import { noGroups } from "#hypervisor/cpu/groups";
import { createBlank } from "#hypervisor/disk/create";
import { endOtherHolders, isRamSealed } from "#hypervisor/memory/held-ram";
import { fakeProcesses, installFakeQemu } from "../../fakes/install-fake-qemu.ts";
import { TemplateWorld } from "../../fakes/template-world.ts";

const MiB = 1048576;
const id = "t0123456789";
const layer = "l0123456789";

const newRecord = (templates: string): TemplateRecord => ({
  project: "default",
  image: "i0",
  imageName: "none",
  cpus: 1,
  memory: 16 * MiB,
  nic: "user",
  accelerator: "tcg",
  qemu: "fake",
  layout: 2,
  id,
  state: "building",
  createdAt: "",
  usedAt: "",
  machine: {} as never,
  layer,
  diskSize: MiB,
  stateFile: join(templates, id, "state"),
  ramFile: join(templates, id, "ram"),
  seedFile: join(templates, id, "seed.qcow2"),
  stored: 0,
});

/** What the operation needs of its host: a network of no effect, and the stand-in for QEMU. */
async function makeParts(world: TemplateWorld, store: Store): Promise<BuildParts> {
  const places = { ...world.places, guests: join(world.folder, "guests") };
  await mkdir(places.guests);
  const binary = join(world.folder, "qemu-system-fake");
  await installFakeQemu(binary);
  const folder = join(world.folder, "net");
  await store.transact({
    put: [{ key: networkKey("default"), value: { name: "default", kind: "user", index: 0 } }],
  });
  return {
    store,
    networks: new Networks({ store, tag: "faked", folder, members: async () => [] }),
    places: { ...places, images: join(world.folder, "images") },
    cells: undefined,
    groups: noGroups,
    pass: openPass,
    hardware: {
      binary,
      identity: "fake",
      machineType: "pc-q35-7.2",
      vnc: true,
      accelerator: async () => "tcg",
      uefi: undefined,
    },
    log: silentLog,
    clock: { sleep: async (_, signal) => signal?.throwIfAborted() },
    events: { append: (event) => void world.events.push(event) },
    fit: async (_, { resident, stored }) => {
      world.fitted = { memory: resident, disk: stored };
    },
  };
}

async function makeInput(world: TemplateWorld, { hardware }: BuildParts): Promise<BuildInput> {
  const image = { path: join(world.folder, "image.qcow2"), format: "qcow2", size: MiB } as const;
  await createBlank(image.path, image);
  const machine = await compose(
    { hardware, key: randomBytes(32), clock: systemClock },
    {
      id,
      name: "template",
      project: "default",
      body: { memory: 16 * MiB },
      nics: [{ id: "nic0", network: "default", mac: "52:54:00:00:00:00" }],
      image: undefined,
      disks: [{ id: "disk0", bus: "virtio-blk", format: "qcow2", size: MiB, layer }],
      ownMemory: false,
      origin: { how: "boot", image: "none" },
    },
  );
  return { template: id, machine, image: { ...image, cloudInit: false } };
}

/** The template's record and layer come with the operation itself, hence after the world was looked at. */
function withRecord(definition: ReturnType<typeof defineBuild>, seed: () => Promise<void>): AnyOperation {
  const [first, ...others] = definition.steps;
  const boot: typeof first = { ...first!, do: async (context) => (await seed(), first!.do(context)) };
  return { ...definition, steps: [boot, ...others] } as unknown as AnyOperation;
}

async function makeWorld(store: Store): Promise<OperationWorld> {
  const world = await TemplateWorld.make(store);
  const parts = await makeParts(world, store);
  const { layers, templates, run } = world.places;
  let seeded = false;
  const seed = async () => {
    if (seeded) return;
    seeded = true;
    const value = { id: layer, path: layerPath(layers, layer), format: "qcow2", createdAt: "" };
    await store.transact({
      put: [
        { key: templateKey(id), value: newRecord(templates) },
        { key: layerKey(layer), value },
      ],
    });
  };
  return {
    define: () => withRecord(defineBuild(parts), seed),
    input: await makeInput(world, parts),
    targets: [`template:${id}`],
    observe: async () => [
      await world.template(id),
      (await store.list(layerPrefix)).items.length,
      await world.files(),
      fakeProcesses(world.folder).length,
    ],
    async assertDone() {
      const parked = (await world.template(id))!;
      assert.equal(parked.state, "parked");
      assert.ok(isAlive(parked.holder!) && isRamSealed(parked.holder!));
      assert.deepEqual(world.fitted, { memory: parked.resident, disk: parked.stored });
      const names = ["ram", "seed.qcow2", "state"].map((name) => `${id}/${name}`);
      assert.deepEqual(await world.files(), [`${layer}.qcow2`, id, ...names]);
      assert.deepEqual(fakeProcesses(world.folder), []);
    },
    async dispose() {
      for (const pid of fakeProcesses(world.folder)) process.kill(pid, "SIGKILL");
      await endOtherHolders(run, new Set());
      await world.dispose();
    },
  };
}

operationConformance("parking a template", makeWorld);
