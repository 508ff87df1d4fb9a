/**
 * Does every operation on a guest stand failing, being cancelled and being killed in each of its steps? The
 * domain as it is, over a fake QEMU; disks are real, the network is none. (What a daemon's death does to real
 * guests: killed.test.ts.)
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { exec } from "#base/exec";
import { silentLog } from "#base/log";
import { endProcess, type ProcessRef } from "#base/process";
import type { StepContext } from "#durable/operation/define";
import { type AnyOperation } from "#durable/operation/define";
import { type OperationWorld, operationConformance } from "#durable/operation/conformance";
import type { Store } from "#durable/store/store";
import { compose } from "#domain/guest/compose";
import { defineCreate, type CreateInput } from "#domain/guest/create";
import { defineDiskAdd } from "#domain/guest/disk-add";
import { defineDiskRemove } from "#domain/guest/disk-remove";
import { defineDiskResize } from "#domain/guest/disk-resize";
import { Fleet, type FleetParts } from "#domain/guest/fleet";
import { launch } from "#domain/guest/launch";
import { diskPlan } from "#domain/guest/machine";
import { definePause, defineResume } from "#domain/guest/pause";
import { guestById, guestKey, guestNameKey, guestTarget, listGuests } from "#domain/guest/record";
import { defineRemove } from "#domain/guest/remove";
import { defineRestart } from "#domain/guest/restart";
import { defineStart } from "#domain/guest/start";
import { defineStop } from "#domain/guest/stop";
import { defineSuspend } from "#domain/guest/suspend";
import { EventLog } from "#domain/host/events";
import { Networks } from "#domain/network/networks";
import { networkKey } from "#domain/network/record";
import { layerById, layerKey, layerPath } from "#domain/volume/layer";
import { createBlank } from "#hypervisor/disk/create";
import { createRam, releaseRam } from "#hypervisor/memory/held-ram";
import { plugDisk } from "#hypervisor/qemu/plug";
import { tpmsOf } from "#hypervisor/tpm/swtpm";

const MiB = 1048576;
const id = "g0123456789";
const layer = "l0123456789";

/** A home with one guest, or the makings of one. */
class World {
  readonly folder: string;
  readonly store: Store;
  readonly key = randomBytes(32);
  readonly #tpm: boolean;
  readonly #parts: FleetParts;
  #fleet: Fleet;
  #holder: ProcessRef | undefined;
  #seeded = false;
  #adopted: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, store: Store, tpm: boolean) {
    this.folder = folder;
    this.store = store;
    this.#tpm = tpm;
    const places = { guests: "guests", layers: "layers", templates: "templates", run: "run" };
    const paths = Object.fromEntries(
      Object.entries(places).map(([name, path]) => [name, join(folder, path)]),
    ) as Record<keyof typeof places, string>;
    const members = () => listGuests(store);
    this.#parts = {
      store,
      places: paths,
      networks: new Networks({ store, tag: "faked", folder: join(folder, "net"), members }),
      hardware: {
        binary: join(folder, "qemu-system-fake"),
        identity: "fake",
        machineType: "pc-q35-7.2",
        accelerator: async () => "tcg",
        uefi: undefined,
      },
      log: silentLog,
      clock: systemClock,
      events: new EventLog(join(folder, "events"), systemClock),
      onSettled: () => undefined,
    };
    this.#fleet = new Fleet(this.#parts);
  }

  /** `tpm`: its guest has a TPM, which is real. */
  static async make(store: Store, tpm: boolean): Promise<World> {
    const world = new World(await mkdtemp(join(tmpdir(), "lodge-op-")), store, tpm);
    const { places, hardware } = world.#parts;
    for (const place of Object.values(places)) await mkdir(place);
    const program = join(import.meta.dirname, "../../fakes/fake-qemu.ts");
    // Its name as the real one's: by that an orphan is known.
    const script = `#!/bin/bash\nexec -a qemu-system-fake "${process.execPath}" "${program}" "$@"\n`;
    await writeFile(hardware.binary, script);
    await chmod(hardware.binary, 0o755);
    await store.transact({
      put: [{ key: networkKey("default"), value: { name: "default", kind: "user", index: 0 } }],
    });
    return world;
  }

  /** What the engine's first transaction of a create has: the guest's record, name and layer. */
  async seed(): Promise<void> {
    if (this.#seeded) return;
    this.#seeded = true;
    const { networks, hardware, places } = this.#parts;
    const record = await compose(
      { hardware, key: this.key, clock: systemClock },
      {
        id,
        name: "g",
        body: { memory: 16 * MiB, tpm: this.#tpm },
        nics: [await networks.newNic("nic0", "default")],
        image: undefined,
        disks: [{ id: "disk0", bus: "virtio-blk", format: "qcow2", size: MiB, layer }],
        ownMemory: true,
        origin: { how: "boot", image: "none" },
      },
    );
    const path = layerPath(places.layers, layer);
    await this.store.transact({
      put: [
        { key: guestKey(id), value: { ...record, agent: "lodge" } },
        { key: guestNameKey("default", "g"), value: id },
        { key: layerKey(layer), value: { id: layer, path, format: "qcow2", createdAt: "" } },
      ],
    });
  }

  /** A guest that is there already, with its disk; running where asked for. */
  async furnish(state: "running" | "paused" | "stopped" | "suspended"): Promise<void> {
    await this.seed();
    const { places } = this.#parts;
    await mkdir(join(places.guests, id, ...(this.#tpm ? ["tpm"] : [])), { recursive: true });
    await createBlank(layerPath(places.layers, layer), { format: "qcow2", size: MiB });
    await this.#fleet.become(id, "stopped");
    if (state === "stopped") return;
    if (state === "suspended") {
      const suspendFile = join(places.guests, id, "suspended.state");
      await writeFile(suspendFile, "state");
      await this.store.transact({
        put: [{ key: guestKey(id), value: { ...(await guestById(this.store, id)), state, suspendFile } }],
      });
      return;
    }
    const live = await launch(this.#parts, await this.#fleet.become(id, "starting"), {});
    this.#fleet.track(live);
    if (state === "running") await live.monitor.execute("cont");
    await this.#fleet.become(id, state);
  }

  /** The definition as after a start of the daemon: a new fleet, which adopts what it finds. */
  define(make: (fleet: Fleet, world: World) => AnyOperation): AnyOperation {
    this.#fleet.close();
    const fleet = new Fleet(this.#parts);
    this.#fleet = fleet;
    const adopted = this.#adopted.then(() => fleet.adopt());
    this.#adopted = adopted;
    const definition = make(fleet, this);
    return {
      ...definition,
      steps: definition.steps.map((step) => ({
        ...step,
        do: async (context: StepContext<unknown, object>) => (await adopted, step.do(context)),
        ...(step.undo
          ? { undo: async (context: StepContext<unknown, object>) => (await adopted, step.undo!(context)) }
          : {}),
      })),
    };
  }

  /** Records, files and processes, without what only tells the past. */
  async observe(): Promise<unknown> {
    await this.#adopted;
    const names = async (folder: string) =>
      (await readdir(folder, { recursive: true })).filter((name) => !name.endsWith(".log")).toSorted();
    const { guests, layers, templates, run } = this.#parts.places;
    const sockets = (await names(run)).filter((name) => /^[^/]+(\/qmp)?$/.test(name));
    const found = await Promise.all(["guests/", "guest-names/", "layers/"].map((at) => this.store.list(at)));
    return {
      records: found.flatMap(({ items }) => items.map(({ key, value }) => [key, withoutTime(value)])),
      files: [...(await names(guests)), ...(await names(layers)), ...(await names(templates)), ...sockets],
      processes: this.#processes().length,
      tpms: (await this.#tpms()).length,
      plugged: await this.#plugged(),
    };
  }

  /** One more disk, on virtio-scsi. */
  async secondDisk(): Promise<void> {
    const path = layerPath(this.#parts.places.layers, "l1");
    const second = { id: "l1", path, format: "qcow2", createdAt: "" } as const;
    const disk = { id: "disk1", bus: "virtio-scsi", format: "qcow2", size: MiB, layer: "l1" } as const;
    await createBlank(path, disk);
    const record = await guestById(this.store, id);
    const value = { ...record, disks: [...record.disks, disk] };
    await this.store.transact({
      put: [
        { key: guestKey(id), value },
        { key: layerKey("l1"), value: second },
      ],
    });
    const live = this.#fleet.get(id);
    if (live) await plugDisk(live.monitor, diskPlan(id, disk, second), "disk");
  }

  /** The disks' devices and nodes as QEMU knows them. */
  async #plugged(): Promise<string[] | undefined> {
    const monitor = this.#fleet.get(id)?.monitor;
    if (!monitor || monitor.isClosed) return undefined;
    const path = "/machine/peripheral";
    const devices = await monitor.execute<{ name: string }[]>("qom-list", { path });
    const nodes = await monitor.execute<{ "node-name": string }[]>("query-named-block-nodes");
    const names = [...devices.map(({ name }) => name), ...nodes.map((node) => node["node-name"])];
    return names.filter((name) => name.startsWith("disk")).toSorted();
  }

  /** It has these disks and their files, and where it runs QEMU has them. */
  async assertDisks(state: "running" | "stopped", sizes: Readonly<Record<string, number>>): Promise<void> {
    const disks = Object.keys(sizes);
    await this.assertGuest(state, disks.length);
    const guest = await guestById(this.store, id);
    assert.deepEqual(Object.fromEntries(guest.disks.map((disk) => [disk.id, disk.size])), sizes);
    if (state === "running")
      assert.deepEqual(
        await this.#plugged(),
        disks.flatMap((disk) => [disk, `${disk}-dev`]),
      );
    else
      for (const { layer: one, size } of guest.disks) {
        const { path, format } = await layerById(this.store, one);
        const { stdout } = await exec("qemu-img", ["info", "--output=json", "-f", format, path]);
        assert.equal(JSON.parse(stdout)["virtual-size"], size);
      }
  }

  #processes(): number[] {
    return readdirSync("/proc").flatMap((name) => {
      const pid = Number(name);
      if (!Number.isInteger(pid) || pid === process.pid) return [];
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return words[0] === "qemu-system-fake" && words.some((word) => word.includes(this.folder))
          ? [pid]
          : [];
      } catch {
        return [];
      }
    });
  }

  #tpms(): Promise<ProcessRef[]> {
    return tpmsOf(this.#parts.places.guests);
  }

  async template(): Promise<{ holder: ProcessRef; state: string }> {
    this.#holder ??= await createRam(16 * MiB, this.folder);
    const state = join(this.folder, "parked.state");
    await writeFile(state, "state");
    return { holder: this.#holder, state };
  }

  async assertGuest(state: string | undefined, disks = 1): Promise<void> {
    const [guest] = await listGuests(this.store);
    assert.equal(guest?.state, state, guest?.stateReason ?? "");
    const runs = state === "running" || state === "paused";
    assert.equal(this.#processes().length, runs ? 1 : 0);
    assert.equal(guest?.process !== undefined, runs);
    assert.deepEqual(await this.#tpms(), guest?.process?.tpm ? [guest.process.tpm] : []);
    assert.equal(guest?.process?.tpm !== undefined, runs && this.#tpm);
    assert.equal(guest?.suspendFile !== undefined, state === "suspended");
    const files = await readdir(this.#parts.places.guests, { recursive: true });
    assert.equal(files.includes(`${id}/suspended.state`), state === "suspended");
    assert.equal((await readdir(this.#parts.places.layers)).length, state === undefined ? 0 : disks);
  }

  async dispose(): Promise<void> {
    await this.#adopted;
    this.#fleet.close();
    for (const pid of this.#processes()) process.kill(pid, "SIGKILL");
    for (const tpm of await this.#tpms()) await endProcess(tpm);
    if (this.#holder) await endProcess(this.#holder, 0).then(() => releaseRam(this.#holder!));
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function withoutTime(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { stateSince: _, stateReason: _reason, ...rest } = value as Record<string, unknown>;
  return rest;
}

type State = Parameters<World["furnish"]>[0];

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
  (await listGuests(world.store)).flatMap(({ disks }) => disks.map((disk) => disk.layer));

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
