/** Guests that come to this host: what stands in their way here, that they begin to come, and what comes of them. */
import { access, statfs } from "node:fs/promises";
import type { Duplex } from "node:stream";
import { hasCode, LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { OperationEngine } from "#durable/operation/engine";
import type { Store } from "#durable/store/store";
import { installed } from "#hypervisor/host/facts";
import { cpuFlags } from "#hypervisor/host/traits";
import { imageById, readyImages } from "../../image/record.ts";
import { toArrive } from "../demands.ts";
import type { Fleet } from "../fleet.ts";
import { requireKept } from "../limits.ts";
import { guestTarget, type GuestRecord } from "../record.ts";
import { addressed, type Cargo } from "./cargo.ts";
import type { Lane, Order, Prospect } from "./destination.ts";
import { Docks } from "./docks.ts";
import type { ArriveInput, Berth, defineArrive } from "./arrive.ts";
import { endMove, listMoves, type Target } from "./move-record.ts";
import { blockersThere, inWords, type Ability } from "./preflight.ts";
import { plan } from "./unpack.ts";

export interface ArrivalsParts {
  readonly fleet: Fleet;
  readonly engine: Pick<OperationEngine, "start">;
  readonly operation: ReturnType<typeof defineArrive>;
  /** This host, as its peers know it. */
  readonly self: () => { readonly id: string; readonly name: string };
  /** Are images brought here that another host has? */
  readonly brings: boolean;
  /** Machine types that its QEMU knows. */
  readonly machines: readonly string[];
  /** @throws LodgeError guest.memory_unavailable */
  readonly requireMemory: (record: GuestRecord) => Promise<void>;
}

/** Bytes that stay free on the disk. */
const spare = 256 * 2 ** 20;

/** Where this host keeps what is sent, and what a guest boots here: for the records that come with it. */
export async function targetHere(
  { store, places }: Pick<Fleet["parts"], "store" | "places">,
  self: { readonly id: string; readonly name: string },
  cargo: Pick<Cargo, "guest" | "images">,
): Promise<Target> {
  const { guests, run } = places;
  const kernel = await kernelHere(store, cargo);
  return { host: self.id, name: self.name, places: { guests, run }, ...(kernel ? { kernel } : {}) };
}

/** The same kernel: the very file, where they have that in common, or that of its image here. */
async function kernelHere(
  store: Store,
  { guest: { kernel }, images }: Pick<Cargo, "guest" | "images">,
): Promise<GuestRecord["kernel"]> {
  if (!kernel) return undefined;
  const there = await Promise.all([kernel.kernel, kernel.initrd].map(isThere));
  if (there.every(Boolean)) return kernel;
  for (const { id } of images) {
    try {
      const { directBoot } = (await imageById(store, id)).image;
      if (directBoot) return directBoot;
    } catch (error) {
      if (!hasCode(error, "image.not_found")) throw error;
    }
  }
  return undefined;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export class Arrivals {
  readonly #parts: ArrivalsParts;
  readonly #docks: Docks;
  /** Guests on their way, by their moves: networks know them before they are here. */
  readonly #coming = new Map<string, GuestRecord>();

  constructor(parts: ArrivalsParts) {
    this.#parts = parts;
    this.#docks = new Docks(parts.fleet.parts.places);
  }

  /** The guests that are on their way here. */
  coming(): Iterable<GuestRecord> {
    return this.#coming.values();
  }

  /** `outside`: no other host of this one's cluster has what it brings. */
  async look(cargo: Cargo, { outside = false } = {}): Promise<Prospect> {
    const { fleet } = this.#parts;
    const { bytes, inPlace, misnamed } = await plan(fleet.parts, cargo);
    const ability = await this.#ability(cargo, bytes, outside);
    const blockers = blockersThere(cargo, { ...ability, homeElsewhere: misnamed !== undefined });
    return { blockers, bytes, inPlace: [...inPlace.keys()] };
  }

  /** Resolves once it is written that the guest begins to come. */
  async begin({ move, cargo }: Order): Promise<Operation> {
    const { fleet, engine, operation } = this.#parts;
    const { guest } = cargo;
    const input: ArriveInput = { move, cargo };
    const options = { targets: [guestTarget(guest.id)], project: guest.project, whenBusy: "refuse" } as const;
    const start = () => engine.start(operation, input, options);
    this.#docks.prepare(move, guest.id);
    this.#coming.set(move, addressed(guest, fleet.parts.places, {}));
    const forget = (): void => {
      this.#docks.forget(move);
      this.#coming.delete(move);
    };
    try {
      const { pass } = fleet.parts;
      const { completion, operation: begun } = cargo.live
        ? await pass(toArrive(guest), start, (started) => started.completion)
        : await start();
      void completion.then(forget);
      return begun;
    } catch (error) {
      forget();
      throw error;
    }
  }

  berth(move: string): Berth {
    return this.#docks.berth(move);
  }

  /** What a connection of a move leads to; undefined: nothing of it is on its way here. */
  open(move: string, lane: Lane): Promise<Duplex | undefined> {
    return this.#docks.open(move, lane);
  }

  async #ability({ guest, live, images }: Cargo, needed: number, outside: boolean): Promise<Ability> {
    const { fleet, machines, brings } = this.#parts;
    const coming =
      brings && !outside
        ? [...images.map(({ id }) => id), ...guest.drives.flatMap(({ image }) => image ?? [])]
        : [];
    const { store, hardware, places, networks, groups } = fleet.parts;
    const target = await targetHere(fleet.parts, this.#parts.self(), { guest, images });
    const { bavail, bsize } = await statfs(places.layers);
    const noMemory = live ? await reason(() => this.#parts.requireMemory(guest)) : undefined;
    const limit = await reason(async () => requireKept(guest, groups));
    const port = await reason(() => networks.requirePortsFree(guest.publish, guest.id));
    const lacksNetworks: string[] = [];
    for (const { network } of guest.nics)
      if (await reason(() => networks.byName(network, guest.project))) lacksNetworks.push(network);
    // At rest it has no connections to keep.
    const noUnderlay = live ? spanObstacle(() => networks.requireSpan(guest)) : undefined;
    return {
      name: target.name,
      accelerator: await hardware.accelerator(),
      machines,
      processor: [...(await cpuFlags())],
      uefi: hardware.uefi !== undefined,
      tpm: await installed("swtpm"),
      plugsMemory: hardware.plugsMemory ?? false,
      sound: hardware.sound ?? false,
      tablet: hardware.tablet ?? false,
      monitors: hardware.monitors ?? false,
      images: [...(await readyImages(store)).map(({ id }) => id), ...coming],
      kernel:
        guest.kernel === undefined ||
        target.kernel !== undefined ||
        images.some(({ id }) => coming.includes(id)),
      lacksNetworks,
      ...(noUnderlay ? { noUnderlay } : {}),
      disk: { needed, free: Math.max(0, bavail * bsize - spare) },
      ...(noMemory === undefined ? {} : { noMemory }),
      ...(limit === undefined ? {} : { limitUnkept: limit }),
      ...(port === undefined ? {} : { portTaken: port }),
    };
  }
}

function spanObstacle(ask: () => void): Ability["noUnderlay"] {
  try {
    ask();
    return undefined;
  } catch (error) {
    if (!(error instanceof LodgeError)) throw error;
    return { reason: inWords(error), fix: error.hint };
  }
}

/** Why something cannot be, in words. */
async function reason(ask: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await ask();
    return undefined;
  } catch (error) {
    if (!(error instanceof LodgeError)) throw error;
    return inWords(error);
  }
}

/**
 * Ends the moves to this host that an earlier daemon had begun, unless they were committed. Before its processes are looked
 * at: what a move brings is nobody's once it cannot be committed any more.
 */
export async function settleMoves(store: Store, self: string): Promise<void> {
  for (const { id, to, guest } of await listMoves(store)) if (to === self) await endMove(store, id, guest);
}
