/**
 * Two hosts of one cluster in this process: the domain as it is, over one store, with real QEMUs and disks; what goes between
 * the hosts goes through memory. A host can be ended and begun again as a daemon is that was killed.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { systemClock } from "#base/clock";
import { findProcesses } from "#base/find-process";
import { silentLog } from "#base/log";
import { endProcess } from "#base/process";
import { LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import { OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import type { Injector } from "#durable/operation/inject";
import { HostStore } from "#durable/store/host-store";
import { MemoryStore } from "#durable/store/memory";
import { placeOf } from "#durable/store/partition";
import { adopt } from "#domain/guest/adopt";
import { compose } from "#domain/guest/compose";
import type { FarEnd } from "#domain/guest/ends";
import { followTo, nearEnd } from "#domain/guest/far-end";
import { Fleet } from "#domain/guest/fleet";
import type { FleetParts } from "#domain/guest/fleet-view";
import { launch } from "#domain/guest/launch";
import { defineArrive } from "#domain/guest/migrate/arrive";
import { Arrivals, settleMoves, targetHere } from "#domain/guest/migrate/arrivals";
import { defineDepart, type DepartInput } from "#domain/guest/migrate/depart";
import type { Destination } from "#domain/guest/migrate/destination";
import { listMoves } from "#domain/guest/migrate/move-record";
import { welcomeAll } from "#domain/guest/migrate/welcome";
import {
  guestById,
  guestKey,
  guestNameKey,
  guestTarget,
  listGuests,
  type GuestRecord,
} from "#domain/guest/record";
import { guestPlace } from "#domain/guest/place";
import { openSerial } from "#domain/guest/serial-console";
import { openPass } from "#domain/host/demand";
import { EventLog } from "#domain/host/events";
import { Networks } from "#domain/network/networks";
import { networkKey } from "#domain/network/record";
import { DiskKeys } from "#domain/volume/disk-key";
import { chainOf, layerKey, layerPath, makeLayer, type Layer } from "#domain/volume/layer";
import { noGroups } from "#hypervisor/cpu/groups";
import { qemuFeatures, type QemuFeatures } from "#hypervisor/qemu/features";
import { layerRoots } from "../../../src/daemon/image-guests.ts";
import type { TinyGuest } from "../tiny-guest.ts";

export const MiB = 1048576;
export const id = "g0123456789";

export interface HostOptions {
  readonly all: MemoryStore;
  readonly id: string;
  readonly folder: string;
  readonly key: Buffer;
  readonly features: QemuFeatures;
}

export class Host {
  readonly id: string;
  readonly store: HostStore;
  readonly #options: HostOptions;
  readonly #parts: FleetParts;
  readonly #lanes = new Set<Duplex>();
  #dead = false;
  other!: Host;
  fleet!: Fleet;
  engine!: OperationEngine;
  depart!: ReturnType<typeof defineDepart>;
  arrivals!: Arrivals;
  /** Called with each connection of a move before it is joined. */
  onLane: (kind: string, lane: Duplex) => void = () => undefined;

  constructor(options: HostOptions) {
    this.#options = options;
    const { all, folder, key, features } = options;
    this.id = options.id;
    this.store = new HostStore({ store: all, host: options.id });
    const names = ["guests", "layers", "templates", "run", "images"] as const;
    const places = Object.fromEntries(names.map((name) => [name, join(folder, name)])) as Record<
      (typeof names)[number],
      string
    >;
    this.#parts = {
      store: this.store,
      places,
      networks: new Networks({
        store: this.store,
        tag: "moves",
        folder: join(folder, "net"),
        members: () => listGuests(this.store),
      }),
      cells: undefined,
      hardware: {
        binary: features.binary,
        identity: features.identity,
        machineType: features.machine,
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
      diskKeys: new DiskKeys(key),
      farEnd: (...of) => this.farEnd(...of),
    };
  }

  static async make(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    for (const place of Object.values(host.#parts.places)) await mkdir(place, { recursive: true });
    return host;
  }

  get places() {
    return this.#parts.places;
  }

  /** As a daemon that starts. Resolves once what an earlier one left has ended. */
  async start(injector?: Injector): Promise<Operation[]> {
    const { key, features } = this.#options;
    this.#dead = false;
    this.fleet = new Fleet(this.#parts);
    const registry = new OperationRegistry();
    const options = {
      store: this.store,
      registry,
      clock: systemClock,
      log: silentLog,
      pauses: [20, 100, 500],
    };
    this.engine = new OperationEngine({ ...options, ...(injector ? { injector } : {}) });
    const roots = () => layerRoots(this.store);
    const self = { id: this.id, name: this.id };
    this.depart = defineDepart({
      fleet: this.fleet,
      layerRoots: roots,
      destinations: () => ({ self: this.id, find: () => this.#way() }),
      commands: features.commands,
    });
    const operation = defineArrive({
      fleet: this.fleet,
      layerRoots: roots,
      key,
      target: (cargo) => targetHere(this.#parts, self, cargo),
      mediumPath: async () => assert.fail("there is no medium"),
      berth: (move) => this.arrivals.berth(move),
      // By tunnels alone, which these tests cut: what leads through nobody is cut in migrate.test.ts.
      address: () => undefined,
    });
    this.arrivals = new Arrivals({
      fleet: this.fleet,
      engine: this.engine,
      operation,
      self: () => self,
      brings: false,
      machines: features.machines,
      requireMemory: async () => undefined,
    });
    registry.add(this.depart as never, operation as never);
    await settleMoves(this.store, this.id);
    await adopt(this.fleet, { records: await listGuests(this.store), rebooted: false });
    const recovered = await this.engine.recover();
    await welcomeAll(this.fleet);
    return Promise.all(recovered.map(({ completion }) => completion));
  }

  /** As a daemon that is killed: its guests live on, its connections are cut. */
  async kill(): Promise<void> {
    this.#dead = true;
    this.engine.halt();
    for (const lane of this.#lanes) lane.destroy();
    this.fleet.close();
  }

  #way(): Destination {
    const { other } = this;
    const told = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
    return {
      id: other.id,
      name: other.id,
      address: "127.0.0.1",
      look: async (cargo) => other.arrivals.look(told(cargo)),
      begin: async (order) => void (await other.arrivals.begin(told(order))),
      connect: async (move, lane) => {
        const stream = other.#dead ? undefined : await other.arrivals.open(move, lane);
        if (!stream) throw new LodgeError("move.cut");
        stream.setMaxListeners(0);
        stream.on("error", () => undefined);
        for (const host of [this, other]) {
          host.#lanes.add(stream);
          stream.once("close", () => host.#lanes.delete(stream));
        }
        other.onLane(lane.kind, stream);
        return stream;
      },
    };
  }

  /** The tiny guest, which runs, with a disk of two layers. */
  async boot(tiny: TinyGuest): Promise<void> {
    const { networks, hardware, places } = this.#parts;
    const record = await compose(
      { hardware, key: this.#options.key, clock: systemClock },
      {
        id,
        name: "g",
        project: "default",
        body: { memory: 160 * MiB },
        nics: [],
        image: undefined,
        disks: [{ id: "disk0", bus: "virtio-blk", format: "qcow2", size: 64 * MiB, layer: "ltop" }],
        ownMemory: true,
        origin: { how: "boot", image: "none" },
      },
    );
    const layer = (name: string, below?: string): Layer => ({
      id: name,
      path: layerPath(places.layers, name),
      format: "qcow2",
      createdAt: "",
      ...(below === undefined ? {} : { below }),
    });
    const [bottom, top] = [layer("lbottom"), layer("ltop", "lbottom")];
    await makeLayer({ kind: "blank", path: bottom.path, format: "qcow2", size: 64 * MiB });
    await makeLayer({ kind: "overlay", path: top.path, over: bottom });
    await mkdir(join(places.guests, id), { recursive: true });
    const { kernel, initrd, append } = tiny;
    const guest: GuestRecord = {
      ...record,
      agent: "lodge",
      kernel: { kernel, initrd, append },
      state: "starting",
    };
    await this.store.transact({
      put: [
        { key: networkKey("default"), value: { name: "default", kind: "user", index: 0 } },
        { key: guestKey(id), value: guest },
        { key: guestNameKey("default", "g"), value: id },
        { key: layerKey(bottom.id), value: bottom },
        { key: layerKey(top.id), value: top },
      ],
    });
    void networks;
    const live = await launch(this.#parts, guest, {});
    this.fleet.track(live);
    await live.monitor.execute("cont");
    await this.fleet.become(id, "running");
    await live.inside.answer({ timeout: 120_000 });
  }

  async begin(over: Partial<DepartInput> = {}): Promise<{ id: string; completion: Promise<Operation> }> {
    const input = { guest: id, to: this.other.id, ...over };
    const started = await this.engine.start(this.depart, input, { targets: [guestTarget(id)] });
    return { id: started.operation.id, completion: started.completion };
  }

  /** The guest's serial console, as a daemon shows it: it stays when the guest goes. */
  async console(signal: AbortSignal): Promise<Duplex> {
    const { serialLog: log, serial: socket } = guestPlace(this.places, id);
    const { ended } = this.fleet.require(id);
    const onward = () => followTo(this.fleet, this.farEnd, id, "console", signal);
    return openSerial({ log, socket }, 0, { ended, signal, onward });
  }

  /** What leads to the guest's sockets on the other host. */
  readonly farEnd: FarEnd = async (guest, end, signal) => {
    if (!(await this.other.has())) return undefined;
    const found = await nearEnd(this.other.fleet, guest, end, signal);
    if (!found) throw new LodgeError("cluster.tunnel_refused", { path: end });
    return found;
  };

  /** What a shell prints in the guest. */
  async sh(script: string): Promise<string> {
    const live = this.fleet.require(id);
    const { stdout, exit } = await live.agent.runToEnd(["sh", "-c", script], { timeout: 60_000 });
    assert.deepEqual(exit, { code: 0 }, script);
    return Buffer.from(stdout).toString().trim();
  }

  has(): Promise<boolean> {
    return this.store.get(guestKey(id)).then((item) => item !== undefined);
  }

  record(): Promise<GuestRecord> {
    return guestById(this.store, id);
  }

  /** Its processes: QEMUs of this host. */
  async processes(): Promise<number> {
    return (await findProcesses((argv) => argv.some((word) => word.includes(`path=${this.places.run}/`))))
      .length;
  }

  /** Fails where something of the guest is here. */
  async assertEmpty(): Promise<void> {
    const { guests, layers, run } = this.places;
    assert.deepEqual(await readdir(guests), []);
    assert.deepEqual(await readdir(layers), []);
    assert.deepEqual(readdirSync(run), []);
    assert.equal(await this.processes(), 0);
    for (const noun of ["guests/", "layers/", "snapshots/"])
      assert.deepEqual((await this.#options.all.list(placeOf(this.id, noun))).items, []);
    assert.deepEqual(await listMoves(this.store), []);
  }

  /** Fails unless the guest is here with all of its layers. */
  async assertHas(): Promise<void> {
    const record = await this.record();
    assert.equal(record.arriving, undefined);
    assert.equal(await this.processes(), 1);
    for (const { path } of await chainOf(this.store, record.disks[0]!.layer))
      assert.ok(path.startsWith(this.places.layers), path);
  }

  async dispose(): Promise<void> {
    this.engine.halt();
    this.fleet.close();
    const left = await findProcesses((argv) =>
      argv.some((word) => word.includes(`path=${this.places.run}/`)),
    );
    for (const process of left) await endProcess(process, 0);
  }
}

/** Two, with nothing on either. */
export async function twoHosts(folder: string, key: Buffer): Promise<readonly [Host, Host]> {
  const all = new MemoryStore();
  const features = await qemuFeatures({ cacheFile: join(folder, "qemu.json") });
  const [one, two] = await Promise.all(
    ["h1", "h2"].map((name) => Host.make({ all, id: name, folder: join(folder, name), key, features })),
  );
  one!.other = two!;
  two!.other = one!;
  await one!.start();
  await two!.start();
  return [one!, two!];
}
