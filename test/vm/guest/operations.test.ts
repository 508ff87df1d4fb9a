/**
 * Does every operation on a guest stand failing, being cancelled and being killed in each of its steps? The
 * domain as it is, over a fake QEMU; disks are real, the network is none. (What a daemon's death does to real
 * guests: killed.test.ts.)
 */
import assert from "node:assert/strict";
import { systemClock } from "#base/clock";
import { type AnyOperation } from "#durable/operation/define";
import { type OperationWorld, operationConformance } from "#durable/operation/conformance";
import { defineCreate, type CreateInput } from "#domain/guest/create";
import { defineDiskAdd } from "#domain/guest/disk-add";
import { defineDiskRemove } from "#domain/guest/disk-remove";
import { defineDiskResize } from "#domain/guest/disk-resize";
import { Fleet } from "#domain/guest/fleet";
import { defineNicAdd } from "#domain/guest/nic-add";
import { defineNicRemove } from "#domain/guest/nic-remove";
import { definePause, defineResume } from "#domain/guest/pause";
import { guestTarget, listGuests, writtenLayers } from "#domain/guest/record";
import { defineRemove } from "#domain/guest/remove";
import { defineRestart } from "#domain/guest/restart";
import { defineShorten } from "#domain/guest/shorten";
import { defineStart } from "#domain/guest/start";
import { defineStop } from "#domain/guest/stop";
import { defineSuspend } from "#domain/guest/suspend";
import { longestChain } from "#domain/volume/chain";
import { layerPath } from "#domain/volume/layer";
import { World, id, layer, MiB } from "./faked-guest.ts";

type State = Parameters<World["furnish"]>[0];

operationConformance("shortening a guest's chain", async (store): Promise<OperationWorld> => {
  const world = await World.make(store, false);
  await world.furnish("running", longestChain + 1);
  return {
    define: () =>
      world.define((fleet) => defineShorten({ fleet, layerRoots: layerRoots(world) }) as AnyOperation),
    input: { guest: id, urgent: false },
    targets: [guestTarget(id)],
    observe: () => world.observe(),
    assertDone: () => world.assertShort(),
    dispose: () => world.dispose(),
  };
});

/** An operation on a guest in the one state that leaves it in the other. */
function operation(
  name: string,
  from: State | undefined,
  to: State | undefined,
  input: unknown,
  make: (fleet: Fleet, world: World) => unknown,
  observe = (world: World): Promise<unknown> => world.observe(),
  tpm = false,
): void {
  operationConformance(name, async (store): Promise<OperationWorld> => {
    const world = await World.make(store, tpm);
    if (from) await world.furnish(from);
    return {
      define: () => world.define(make as (fleet: Fleet, world: World) => AnyOperation),
      input,
      targets: [guestTarget(id)],
      observe: () => observe(world),
      assertDone: () => world.assertGuest(to),
      dispose: () => world.dispose(),
    };
  });
}

const layerRoots = (world: World) => async () =>
  (await listGuests(world.store)).flatMap((one) => Object.values(writtenLayers(one)));

const create = (fleet: Fleet, world: World) => {
  const definition = defineCreate({
    fleet,
    key: world.key,
    clock: systemClock,
    layerRoots: layerRoots(world),
    parked: () => world.template(),
  });
  const [first, ...others] = definition.steps;
  // The record comes with the operation itself, hence after the world was looked at.
  const seeded: typeof first = {
    ...first!,
    do: async (context) => (await world.seed(), context.state) && first!.do(withDisk(context, fleet)),
  };
  return { ...definition, steps: [seeded, ...others] };
};

/** The folder is made anew for each world, so the input cannot name the disk. */
const withDisk = <T extends { readonly input: CreateInput }>(context: T, fleet: Fleet): T => ({
  ...context,
  input: {
    ...context.input,
    layers: [
      { kind: "blank", format: "qcow2", path: layerPath(fleet.parts.places.layers, layer), size: MiB },
    ],
  },
});

const created: CreateInput = {
  guest: id,
  layers: [],
  start: true,
  wait: "identity",
  grow: false,
  media: {},
};
const start = (fleet: Fleet, world: World) =>
  defineStart({
    fleet,
    key: world.key,
    imagePath: async (image) => image,
    mediumPath: async (image) => image,
    requireMemory: async () => undefined,
  });
const guest = { guest: id };

operation("creating a guest by boot", undefined, "running", created, create);
operation("creating a guest by fork", undefined, "running", { ...created, template: "t0123456789" }, create);
operation("creating a guest without a start", undefined, "stopped", { ...created, start: false }, create);
operation("starting a guest", "stopped", "running", guest, start);
operation("starting a suspended guest", "suspended", "running", guest, start);
operation("bringing back a paused guest", "suspended", "paused", { ...guest, paused: true }, start);
operation("suspending a guest", "running", "suspended", guest, (fleet) => defineSuspend({ fleet }));
operation("suspending a paused guest", "paused", "suspended", guest, (fleet) => defineSuspend({ fleet }));
operation("pausing a guest", "running", "paused", guest, (fleet) => definePause({ fleet }));
operation("resuming a guest", "paused", "running", guest, (fleet) => defineResume({ fleet }));
const off = { ...guest, force: true, timeout: 10 };
operation("switching a guest off", "running", "stopped", off, (fleet) => defineStop({ fleet }));
// What has ended cannot be undone: a restart that fails leaves the guest as it was, or stopped.
operation(
  "restarting a guest",
  "running",
  "running",
  off,
  (fleet, world) => defineRestart(defineStop({ fleet }), start(fleet, world)),
  async (world) => {
    const [guest] = await listGuests(world.store);
    await world.assertGuest(guest!.state === "running" ? "running" : "stopped");
  },
);
for (const state of ["running", "stopped", "suspended"] as const) {
  operation(`removing a ${state} guest`, state, undefined, { ...guest, force: true }, (fleet, world) =>
    defineRemove({ fleet, layerRoots: layerRoots(world) }),
  );
}

/** The same where the guest has a TPM: its process is there exactly as long as the guest's. */
function withTpm(
  name: string,
  ...rest: Parameters<typeof operation> extends [string, ...infer R] ? R : never
) {
  const [from, to, input, make, observe] = rest;
  operation(`${name} with a TPM`, from, to, input, make, observe, true);
}
withTpm("creating a guest by boot", undefined, "running", created, create);
withTpm("starting a guest", "stopped", "running", guest, start);
withTpm("suspending a guest", "running", "suspended", guest, (fleet) => defineSuspend({ fleet }));
withTpm("switching a guest off", "running", "stopped", off, (fleet) => defineStop({ fleet }));
withTpm("removing a running guest", "running", undefined, { ...guest, force: true }, (fleet, world) =>
  defineRemove({ fleet, layerRoots: layerRoots(world) }),
);
/** An operation on the disks of a guest; what they are in the end. */
function onDisks(
  name: string,
  state: "running" | "stopped",
  input: object,
  make: (fleet: Fleet, world: World) => unknown,
  sizes: Readonly<Record<string, number>>,
  disks = 1,
): void {
  operationConformance(`${name} of a ${state} guest`, async (store): Promise<OperationWorld> => {
    const world = await World.make(store, false);
    await world.furnish(state);
    if (disks === 2) await world.secondDisk();
    return {
      define: () => world.define(make as (fleet: Fleet, world: World) => AnyOperation),
      input: { ...guest, ...input },
      targets: [guestTarget(id)],
      observe: () => world.observe(),
      assertDone: () => world.assertDisks(state, sizes),
      dispose: () => world.dispose(),
    };
  });
}

for (const state of ["running", "stopped"] as const) {
  const more = { size: 2 * MiB, bus: "virtio-scsi", format: "raw" };
  const both = { disk0: MiB, disk1: 2 * MiB };
  onDisks("adding a disk", state, more, (fleet) => defineDiskAdd({ fleet, clock: systemClock }), both);
  const remove = (fleet: Fleet, world: World) => defineDiskRemove({ fleet, layerRoots: layerRoots(world) });
  onDisks("removing a disk", state, { disk: "disk1" }, remove, { disk0: MiB }, 2);
  const larger = { disk: "disk0", size: 2 * MiB };
  const resize = (fleet: Fleet) => defineDiskResize({ fleet });
  onDisks("making a disk larger", state, larger, resize, { disk0: 2 * MiB });
}

/** An operation on the network cards of a guest that is stopped; which it has in the end. */
function onCards(
  name: string,
  input: object,
  make: (fleet: Fleet) => unknown,
  cards: readonly string[],
): void {
  operationConformance(name, async (store): Promise<OperationWorld> => {
    const world = await World.make(store, false);
    await world.furnish("stopped");
    return {
      define: () => world.define(make as (fleet: Fleet) => AnyOperation),
      input: { ...guest, ...input },
      targets: [guestTarget(id)],
      observe: () => world.observe(),
      async assertDone() {
        const [found] = await listGuests(world.store);
        assert.deepEqual(
          found!.nics.map((nic) => nic.id),
          cards,
        );
      },
      dispose: () => world.dispose(),
    };
  });
}
const added = { network: "default", mac: "52:54:00:aa:00:01" };
onCards("adding a network card", added, (fleet) => defineNicAdd({ fleet }), ["nic0", "nic1"]);
onCards("removing a network card", { nic: "nic0" }, (fleet) => defineNicRemove({ fleet }), []);
