/**
 * Two hosts of a cluster between which a guest at rest moves: records, files and what the hosts say to each other are real, and the
 * connections between them are in this process.
 */
import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { LodgeError } from "#contract/errors";
import { OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import type { Injector } from "#durable/operation/inject";
import { HostStore } from "#durable/store/host-store";
import { locate } from "#durable/store/partition";
import type { Store } from "#durable/store/store";
import { Fleet } from "#domain/guest/fleet";
import { Arrivals, settleMoves, targetHere } from "#domain/guest/migrate/arrivals";
import { defineArrive } from "#domain/guest/migrate/arrive";
import { defineDepart, type DepartParts } from "#domain/guest/migrate/depart";
import { listMoves } from "#domain/guest/migrate/move-record";
import { welcomeAll } from "#domain/guest/migrate/welcome";
import { guestPlace, type Places } from "#domain/guest/place";
import { guestKey, guestNameKey, listGuests, writtenLayers, type GuestRecord } from "#domain/guest/record";
import {
  heldLayers,
  listSnapshots,
  machineOf,
  snapshotKey,
  snapshotNameKey,
  type SnapshotRecord,
} from "#domain/guest/snapshot/record";
import { layerKey, layerPath, type Layer } from "#domain/volume/layer";
import { guestRecord } from "./guest-records.ts";

const since = "2026-01-02T03:04:05.000Z";

interface MovingHost {
  readonly id: string;
  readonly name: string;
  readonly home: string;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly places: Places;
  readonly layerRoots: () => Promise<string[]>;
}

export class MoveWorld {
  readonly guest: GuestRecord;
  readonly source: MovingHost;
  readonly target: MovingHost;
  readonly #whole: Store;
  readonly #folder: string;
  /** Ends of connections that the source has. */
  readonly #lanes = new Set<Duplex>();
  #arrivals!: Arrivals;
  #engine!: OperationEngine;

  private constructor(whole: Store, folder: string) {
    this.#whole = whole;
    this.#folder = folder;
    this.source = makeHost(whole, folder, { id: "h1", name: "one" });
    this.target = makeHost(whole, folder, { id: "h2", name: "two" });
    const record = guestRecord(1);
    const disks = [{ ...record.disks[0]!, format: "raw" as const, layer: "l0000000001" }];
    this.guest = { ...record, host: "one", generation: 1, nics: [], disks };
  }

  static async make(whole: Store): Promise<MoveWorld> {
    const world = new MoveWorld(whole, await mkdtemp(join(tmpdir(), "lodge-move-")));
    await world.#furnish();
    await world.startTarget();
    return world;
  }

  /** The source's part, as after a start of its daemon: what it was connected by is gone. */
  defineDepart(): ReturnType<typeof defineDepart> {
    this.#cut();
    const connect: Connect = async (move, lane) => {
      const stream = await this.#arrivals.open(move, lane);
      if (!stream) throw new LodgeError("move.cut");
      this.#lanes.add(stream);
      return stream;
    };
    const { id, name } = this.target;
    const there: Destination = {
      id,
      name,
      address: "192.0.2.2",
      connect,
      look: (cargo) => this.#arrivals.look(cargo),
      begin: async (order) => void (await this.#arrivals.begin(order)),
    };
    const { fleet, layerRoots } = this.source;
    return defineDepart({
      fleet,
      layerRoots,
      commands: [],
      destinations: () => ({ self: this.source.id, find: () => there }),
    });
  }

  /** The target's daemon, also after one that was killed; `injector`: what happens to its part of the move. */
  async startTarget(injector?: Injector): Promise<void> {
    this.#cut();
    const { id, name, fleet, store, layerRoots } = this.target;
    const self = { id, name };
    const operation = defineArrive({
      fleet,
      layerRoots,
      key: Buffer.alloc(32),
      target: (cargo) => targetHere(fleet.parts, self, cargo),
      address: () => undefined,
      mediumPath: async () => "",
      berth: (move) => this.#arrivals.berth(move),
    });
    this.#engine = new OperationEngine({
      store,
      registry: new OperationRegistry().add(operation),
      clock: systemClock,
      log: silentLog,
      pauses: [0, 0],
      ...(injector ? { injector } : {}),
    });
    this.#arrivals = new Arrivals({
      ...{ fleet, operation, engine: this.#engine, self: () => self },
      brings: false,
      machines: [this.guest.machine.type],
      requireMemory: async () => undefined,
    });
    await settleMoves(store, id);
    for (const { completion } of await this.#engine.recover()) await completion;
    await welcomeAll(fleet);
  }

  /** Resolves when the target's engine was halted, as by a kill. */
  get targetKilled(): Promise<void> {
    return this.#engine.halted;
  }

  /** Resolves when the target does nothing more. */
  settled(): Promise<void> {
    return this.#engine.idle();
  }

  /** Every record but operations', by where it lies, and every file, by its path. */
  async observe(): Promise<{ readonly records: object; readonly files: object }> {
    const { items } = await this.#whole.list("");
    const records = items.filter(({ key }) => !locate(key).key.startsWith("operations/"));
    return {
      records: Object.fromEntries(records.map(({ key, value }) => [key, value])),
      files: await filesBelow(this.#folder),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cut();
    await rm(this.#folder, { recursive: true });
  }

  #cut(): void {
    for (const lane of this.#lanes) lane.destroy();
    this.#lanes.clear();
  }

  /** A guest with a snapshot: two layers that stand by themselves, and files of its own. */
  async #furnish(): Promise<void> {
    for (const { places } of [this.source, this.target])
      for (const folder of Object.values(places)) await mkdir(folder, { recursive: true });
    const { places, store } = this.source;
    const { id, name, project } = this.guest;
    const place = guestPlace(places, id);
    const layers = ["l0000000000", "l0000000001"].map((layer): Layer => ({
      id: layer,
      path: layerPath(places.layers, layer, "raw"),
      format: "raw",
      createdAt: since,
    }));
    const memoryFile = join(place.snapshots, "s0000000001.memory");
    for (const { id: layer, path } of layers) await writeFile(path, `what is in ${layer}`);
    await mkdir(dirname(memoryFile), { recursive: true });
    await writeFile(memoryFile, "its memory");
    await writeFile(place.serialLog, "its console");
    const machine = machineOf(this.guest);
    const snapshot = {
      id: "s0000000001",
      name: "first",
      guest: id,
      kind: "memory",
      machine: { ...machine, disks: [{ ...machine.disks[0]!, layer: "l0000000000" }] },
      memoryFile,
    } as unknown as SnapshotRecord;
    await store.transact({
      put: [
        { key: guestKey(id), value: this.guest },
        { key: guestNameKey(project, name), value: id },
        { key: snapshotKey(snapshot.id), value: snapshot },
        { key: snapshotNameKey(id, snapshot.name), value: snapshot.id },
        ...layers.map((layer) => ({ key: layerKey(layer.id), value: layer })),
      ],
    });
  }
}

type Destination = ReturnType<NonNullable<ReturnType<DepartParts["destinations"]>>["find"]>;
type Connect = Destination["connect"];

function makeHost(
  whole: Store,
  folder: string,
  { id, name }: { readonly id: string; readonly name: string },
): MovingHost {
  const store = new HostStore({ store: whole, host: id });
  const home = join(folder, id);
  const within = (noun: string) => join(home, noun);
  const places = {
    guests: within("guests"),
    layers: within("layers"),
    images: within("images"),
    templates: within("templates"),
    run: within("run"),
  };
  const networks = {
    release: async () => undefined,
    requirePortsFree: async () => undefined,
    arrived: async () => undefined,
  };
  const parts = {
    ...{ store, places, networks, clock: systemClock, log: silentLog },
    hardware: { accelerator: async () => "tcg" },
    groups: { remove: () => true, controllers: new Set() },
    events: { append: () => undefined },
  };
  const fleet = new Fleet(parts as unknown as Fleet["parts"]);
  const layerRoots = async () => [
    ...(await listMoves(store)).flatMap(({ layers }) => layers),
    ...(await listSnapshots(store)).flatMap((snapshot) => Object.values(heldLayers(snapshot))),
    ...(await listGuests(store)).flatMap((guest) => Object.values(writtenLayers(guest))),
  ];
  return { id, name, home, store, fleet, places, layerRoots };
}

/** What is in each, by its path below the folder. */
async function filesBelow(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found: Record<string, string> = {};
  for (const path of files.toSorted()) found[path.slice(folder.length + 1)] = await readFile(path, "utf8");
  return found;
}
