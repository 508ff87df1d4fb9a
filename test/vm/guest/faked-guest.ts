/**
 * A guest whose QEMU is a fake, in a home of its own: the domain as it is, disks are real, the network is none.
 * It can be made anew as often as a test of an operation breaks it.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { closeSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NicAdd } from "#contract/schema/network";
import { systemClock } from "#base/clock";
import { exec } from "#base/exec";
import { silentLog } from "#base/log";
import { endProcess, type ProcessRef } from "#base/process";
import type { StepContext } from "#durable/operation/define";
import { type AnyOperation } from "#durable/operation/define";
import type { Store } from "#durable/store/store";
import { adopt } from "#domain/guest/adopt";
import { compose } from "#domain/guest/compose";
import { Fleet } from "#domain/guest/fleet";
import type { FleetParts } from "#domain/guest/fleet-view";
import { activeNodes } from "#domain/guest/freeze";
import { launch } from "#domain/guest/launch";
import { diskPlan } from "#domain/guest/disk-plan";
import { nicPlan } from "#domain/guest/machine";
import { guestById, guestKey, guestNameKey, listGuests, onLayers } from "#domain/guest/record";
import { EventLog } from "#domain/host/events";
import { Networks } from "#domain/network/networks";
import { networkKey } from "#domain/network/record";
import { chainOf, layerById, layerKey, layerPath, type Layer } from "#domain/volume/layer";
import { openPass } from "#domain/host/demand";
import { noGroups } from "#hypervisor/cpu/groups";
import { volumeKey, type VolumeRecord } from "#domain/volume/record";
import { backingFile } from "#hypervisor/disk/backing";
import { createBlank, createOverlay } from "#hypervisor/disk/create";
import { listOurs } from "#hypervisor/net/ours";
import { createRam, releaseRam } from "#hypervisor/memory/held-ram";
import { openTap } from "#hypervisor/net/open-tap";
import { plugNic } from "#hypervisor/qemu/nic";
import { plugDisk } from "#hypervisor/qemu/plug";
import { tpmsOf } from "#hypervisor/tpm/swtpm";
import { fakeProcesses, installFakeQemu } from "../../fakes/install-fake-qemu.ts";

export const MiB = 1048576;
/** The guest, and the layer of its disk. */
export const id = "g0123456789";
export const layer = "l0123456789";

/** A home with one guest, or the makings of one. */
export class World {
  readonly folder: string;
  readonly store: Store;
  readonly key = randomBytes(32);
  readonly #tpm: boolean;
  readonly #parts: FleetParts;
  #bridged = false;
  #fleet: Fleet;
  #holder: ProcessRef | undefined;
  #seeded = false;
  #adopted: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, store: Store, tpm: boolean) {
    this.folder = folder;
    this.store = store;
    this.#tpm = tpm;
    const places = {
      guests: "guests",
      layers: "layers",
      templates: "templates",
      run: "run",
      images: "images",
    };
    const paths = Object.fromEntries(
      Object.entries(places).map(([name, path]) => [name, join(folder, path)]),
    ) as Record<keyof typeof places, string>;
    const members = () => listGuests(store);
    this.#parts = {
      store,
      places: paths,
      networks: new Networks({ store, tag: "faked", folder: join(folder, "net"), members }),
      cells: undefined,
      hardware: {
        binary: join(folder, "qemu-system-fake"),
        identity: "fake",
        machineType: "pc-q35-7.2",
        vnc: true,
        accelerator: async () => "tcg",
        uefi: undefined,
      },
      groups: noGroups,
      pass: openPass,
      log: silentLog,
      clock: systemClock,
      events: new EventLog(join(folder, "events"), systemClock),
      onSettled: () => undefined,
    };
    this.#fleet = new Fleet(this.#parts);
  }

  /** `tpm`: its guest has a TPM, which is real. */
  static async make(store: Store, tpm: boolean): Promise<World> {
    const world = await World.#bare(store, tpm);
    await store.transact({
      put: [{ key: networkKey("default"), value: { name: "default", kind: "user", index: 0 } }],
    });
    return world;
  }

  /** Its guest is on a real bridge: for a test in a namespace of its own. */
  static async bridged(store: Store): Promise<World> {
    const world = await World.#bare(store, false);
    await exec("chmod", ["755", world.folder]);
    await world.#parts.networks.open();
    world.#bridged = true;
    return world;
  }

  static async #bare(store: Store, tpm: boolean): Promise<World> {
    const world = new World(await mkdtemp(join(tmpdir(), "lodge-op-")), store, tpm);
    const { places, hardware } = world.#parts;
    for (const place of Object.values(places)) await mkdir(place);
    await installFakeQemu(hardware.binary);
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
        project: "default",
        body: { memory: 16 * MiB, tpm: this.#tpm },
        nics: [await networks.newNic("nic0", "default", "default")],
        image: undefined,
        disks: [{ id: "disk0", bus: "virtio-blk", format: "qcow2", size: MiB, layer }],
        ownMemory: true,
        origin: { how: "boot", image: "none" },
      },
    );
    const path = layerPath(places.layers, layer);
    await this.store.transact({
      put: [
        ...networks.claims(record, record.nics),
        { key: guestKey(id), value: { ...record, agent: "lodge" } },
        { key: guestNameKey("default", "g"), value: id },
        { key: layerKey(layer), value: { id: layer, path, format: "qcow2", createdAt: "" } },
      ],
    });
  }

  /** Layers over the guest's own, each on the one before: as many as it has after so many branches. */
  async #stack(layers: number): Promise<void> {
    const { layers: folder } = this.#parts.places;
    for (let i = 1, below = layer; i < layers; i++) {
      const top = `l${i}`;
      const path = layerPath(folder, top);
      await createOverlay(path, { backing: layerPath(folder, below), backingFormat: "qcow2" });
      const value: Layer = { id: top, path, format: "qcow2", below, createdAt: "" };
      const record = onLayers(await guestById(this.store, id), { disk0: value });
      await this.store.transact({
        put: [
          { key: layerKey(top), value },
          { key: guestKey(id), value: record },
        ],
      });
      below = top;
    }
  }

  /** A guest that is there already, with its disk; running where asked for. */
  async furnish(state: "running" | "paused" | "stopped" | "suspended", layers = 1): Promise<void> {
    await this.seed();
    const { places } = this.#parts;
    await mkdir(join(places.guests, id, ...(this.#tpm ? ["tpm"] : [])), { recursive: true });
    await createBlank(layerPath(places.layers, layer), { format: "qcow2", size: MiB });
    await this.#stack(layers);
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
    await this.#parts.networks.attach(await guestById(this.store, id));
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
    const adopted = this.#adopted.then(async () =>
      adopt(fleet, { records: await listGuests(this.store), rebooted: false }),
    );
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
    const kept = [
      "addresses/",
      "guests/",
      "guest-names/",
      "layers/",
      "snapshots/",
      "snapshot-names/",
      "volumes/",
      "volume-names/",
    ];
    const found = await Promise.all(kept.map((at) => this.store.list(at)));
    return {
      records: found.flatMap(({ items }) => items.map(({ key, value }) => [key, withoutTime(value)])),
      files: [...(await names(guests)), ...(await names(layers)), ...(await names(templates)), ...sockets],
      processes: this.#processes().length,
      tpms: (await this.#tpms()).length,
      plugged: await this.#plugged(),
      jobs: await this.#jobs(),
      ...(this.#bridged ? await this.cards() : {}),
    };
  }

  /** The guest's cards, as its QEMU, the host and the network's server know them. */
  async cards(): Promise<{ readonly cards: string[]; readonly taps: string[]; readonly known: string[] }> {
    await this.#adopted;
    const { networks } = this.#parts;
    const monitor = this.#fleet.get(id)?.monitor;
    const path = "/machine/peripheral";
    const devices = monitor && (await monitor.execute<{ name: string }[]>("qom-list", { path }));
    const names = (devices ?? []).map(({ name }) => name).filter((name) => /^nic\d/.test(name));
    const hosts = join(this.folder, "net/default/dhcp-hosts");
    return {
      cards: names.toSorted(),
      taps: (await listOurs(networks.tag)).taps.toSorted(),
      known: (await readdir(hosts)).toSorted(),
    };
  }

  tapOf(nic: string): string {
    return this.#parts.networks.tapOf(id, nic);
  }

  /** The file that QEMU writes the first disk to. */
  async written(): Promise<string | undefined> {
    await this.#adopted;
    const monitor = this.#fleet.get(id)?.monitor;
    return monitor && !monitor.isClosed ? (await activeNodes(monitor)).get("disk0")?.file : undefined;
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

  /** One more card, in a port, as nic-add.ts leaves it. */
  async plugCard(wish: NicAdd): Promise<void> {
    const { networks } = this.#parts;
    const record = await guestById(this.store, id);
    const nic = { ...(await networks.newNic("nic1", wish, record.project)), port: 0 };
    const whole = { ...record, nics: [...record.nics, nic] };
    await this.store.transact({
      put: [...networks.claims(record, [nic]), { key: guestKey(id), value: whole }],
    });
    await networks.attach(whole);
    const descriptor = openTap(networks.tapOf(id, nic.id));
    try {
      await plugNic(this.#fleet.get(id)!.monitor, nicPlan(nic, whole, descriptor), descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** A volume whose layer is there, attached. */
  async plugVolume(volume: string, top: string): Promise<void> {
    const disk = {
      id: "disk1",
      bus: "virtio-scsi",
      format: "qcow2",
      size: MiB,
      layer: top,
      volume,
    } as const;
    const record = await guestById(this.store, id);
    const kept = (await this.store.get(volumeKey(volume)))!.value as VolumeRecord;
    const place = { kind: "guest", guest: id, disk: disk.id };
    await this.store.transact({
      put: [
        { key: guestKey(id), value: { ...record, disks: [...record.disks, disk] } },
        { key: volumeKey(volume), value: { ...kept, place } },
      ],
    });
    const live = this.#fleet.get(id);
    const plan = diskPlan(id, disk, await layerById(this.store, top));
    if (live) await plugDisk(live.monitor, plan, "disk");
  }

  /** The file that each disk is written to, as QEMU knows it, and how many nodes it has. */
  async pluggedFiles(): Promise<unknown> {
    await this.#adopted;
    const monitor = this.#fleet.get(id)?.monitor;
    if (!monitor || monitor.isClosed) return undefined;
    const nodes = await monitor.execute<{ "node-name": string }[]>("query-named-block-nodes");
    const files = [...(await activeNodes(monitor))].map(([disk, { file }]) => [disk, file]);
    return { files, nodes: nodes.length, status: await monitor.execute("query-status") };
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

  async #jobs(): Promise<unknown> {
    const monitor = this.#fleet.get(id)?.monitor;
    return monitor && !monitor.isClosed ? monitor.execute("query-jobs") : undefined;
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
    return fakeProcesses(this.folder);
  }

  /** To look for them reads all of /proc. */
  async #tpms(): Promise<ProcessRef[]> {
    return this.#tpm ? tpmsOf(this.#parts.places.guests) : [];
  }

  async template(): Promise<{ holder: ProcessRef; state: string }> {
    this.#holder ??= await createRam(16 * MiB, this.folder);
    const state = join(this.folder, "parked.state");
    await writeFile(state, "state");
    return { holder: this.#holder, state };
  }

  async assertGuest(state: string | undefined, layers = 1): Promise<void> {
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
    assert.equal((await readdir(this.#parts.places.layers)).length, state === undefined ? 0 : layers);
  }

  /** Its disk stands on the bottom of what was its chain, in its file and in its record. */
  async assertShort(): Promise<void> {
    await this.assertGuest("running", 2);
    const chain = await chainOf(this.store, (await guestById(this.store, id)).disks[0]!.layer);
    assert.deepEqual(
      chain.map(({ below }) => below),
      [layer, undefined],
    );
    assert.equal(await backingFile(chain[0]!.path), chain[1]!.path);
    assert.deepEqual(await this.#jobs(), []);
  }

  async dispose(): Promise<void> {
    await this.#adopted;
    this.#fleet.close();
    for (const pid of this.#processes()) process.kill(pid, "SIGKILL");
    for (const tpm of await this.#tpms()) await endProcess(tpm);
    if (this.#bridged) await this.#parts.networks.removeAll();
    if (this.#holder) await endProcess(this.#holder, 0).then(() => releaseRam(this.#holder!));
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function withoutTime(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { stateSince: _, stateReason: _reason, ...rest } = value as Record<string, unknown>;
  return rest;
}
