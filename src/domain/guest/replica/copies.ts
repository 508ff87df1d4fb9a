/** Copies of other hosts' guests that are kept here: made, written to by one connection after another, closed, taken away. */
import { mkdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { connectOwn } from "#base/own-socket";
import { SerialQueue } from "#base/queue";
import { LodgeError } from "#contract/errors";
import type { PeerReplicaCopy } from "#contract/schema/replica";
import type { ReadStore, Store } from "#durable/store/store";
import { placeOf } from "#durable/store/partition";
import { endNbd, isServed, nbdSocket, serveNbd, type NbdFile } from "#hypervisor/disk/serve-nbd";
import {
  chainOf,
  collectLayers,
  layerById,
  layerKey,
  layerPath,
  makeLayer,
  type Layer,
} from "../../volume/layer.ts";
import { removeLayerFile } from "../../volume/stored.ts";
import { filesBelow } from "../files-below.ts";
import type { Cargo } from "../migrate/cargo.ts";
import { listMoves } from "../migrate/move-record.ts";
import { receiveFile } from "../migrate/stream-file.ts";
import { fileName } from "../migrate/send-files.ts";
import { layerRecords, makeTops, plan, standHere, type Unpacked } from "../migrate/unpack.ts";
import { homeOf, type Places } from "../place.ts";
import { guestKey, guestPrefix, writtenLayers, type GuestRecord } from "../record.ts";
import { copyKey, listCopies, type CopyRecord } from "./copy.ts";
import { ended } from "./echo.ts";
import { sameLayers, type Opening, type Written } from "./record.ts";

export interface CopiesParts {
  /** This host's id. */
  readonly self: string;
  readonly store: Store;
  /** All hosts' records as they lie. */
  readonly all: ReadStore;
  readonly places: Places;
  readonly layerRoots: () => Promise<string[]>;
  /** Sees to it that an image is here, where another host has it. */
  readonly bring: (image: string, project: string) => Promise<void>;
  /** Does a host keep its place in the cluster? */
  readonly isThere: (host: string) => boolean;
}

/** What is on its way here. */
interface Coming {
  readonly epoch: number;
  readonly cargo: Cargo;
  readonly unpacked: Unpacked;
  readonly left: Map<string, Promise<void>>;
}

/** Bytes that stay free on the disk: QEMU would tell the guest's host of a full one when it is too late to wait. */
const spare = 256 * 2 ** 20;

export class Copies {
  readonly #parts: CopiesParts;
  readonly #turns = new Map<string, SerialQueue>();
  readonly #coming = new Map<string, Coming>();
  /** Connections of what is open, by guest. */
  readonly #streams = new Map<string, Set<Duplex>>();

  constructor(parts: CopiesParts) {
    this.#parts = parts;
  }

  /** What an earlier daemon left, and what was given up while none was here. */
  async open(): Promise<void> {
    for (const copy of await listCopies(this.#parts.store)) {
      if (copy.state === "open" && !isServed(this.#folder(copy.guest)))
        await this.#put({ ...copy, state: "torn" });
      await this.drop(copy.guest);
    }
  }

  /** What is to come, by the names of files. @throws LodgeError replica.cut */
  prepare(guest: string, from: string, { epoch, cargo }: { epoch: number; cargo: Cargo }): Promise<string[]> {
    return this.#inTurn(guest, async () => {
      const before = await this.#admit(guest, from, epoch);
      await this.#end(guest);
      if (before) await this.#clearPending(before);
      for (const { id } of cargo.images) await this.#parts.bring(id, cargo.guest.project);
      const unpacked = await plan(this.#parts, cargo);
      await this.#requireNoneComing(guest, unpacked);
      const pending = unpacked.layers
        .filter((layer) => unpacked.wanted.has(fileName.layer(layer.id)) || isImage(unpacked, layer))
        .map(({ id }) => id);
      const tops = writtenOf(cargo.guest);
      const copy: CopyRecord = {
        guest,
        from,
        epoch,
        state: "prepared",
        tops,
        sizes: Object.fromEntries(cargo.guest.disks.map(({ id, size }) => [id, size])),
        layers: [...new Set([...(before?.layers ?? []), ...unpacked.layers.map(({ id }) => id)])],
        pending: [...pending, ...Object.values(tops)],
      };
      await this.#parts.store.transact({
        put: [{ key: copyKey(guest), value: copy }, ...layerRecords(unpacked)],
      });
      this.#coming.set(guest, { epoch, cargo, unpacked, left: new Map() });
      return [...unpacked.wanted.keys()];
    });
  }

  /** One that is torn is not opened. @throws LodgeError replica.cut, host.no_space */
  opened(
    guest: string,
    from: string,
    { epoch, how, tops }: { readonly epoch: number; readonly how: Opening; readonly tops: Written },
  ): Promise<PeerReplicaCopy> {
    return this.#inTurn(guest, async () => {
      const before = await this.#admit(guest, from, epoch);
      if (!before) return { torn: true, tops: {}, layers: [] };
      await this.#requireRoom();
      const closed = how === "anew" ? await this.#unpack(before, epoch) : await this.#end(guest);
      if (!closed || (how !== "anew" && closed.state !== "closed")) return shown(closed ?? before);
      // Asked to go on with what it was asked to put over before, and did not.
      const copy = sameLayers(closed.tops, tops) ? closed : await this.#putOver(closed, tops);
      const now: CopyRecord = { ...copy, epoch, state: "open", tops };
      await this.#put(now);
      await serveNbd(this.#folder(guest), await this.#filesOf(now));
      return shown(now);
    });
  }

  /** Removes what is not of these, once they are whole. */
  keep(
    guest: string,
    from: string,
    { epoch, tops }: { epoch: number; tops: Written },
  ): Promise<PeerReplicaCopy> {
    return this.#inTurn(guest, async () => {
      const copy = await this.#copyOf(guest);
      if (copy?.epoch !== epoch || copy.from !== from)
        throw new LodgeError("replica.cut", { guest, host: "it" });
      const chains = await Promise.all(Object.values(tops).map((top) => chainOf(this.#parts.store, top)));
      const cargo = this.#coming.get(guest)?.unpacked.layers.map(({ id }) => id);
      const kept = new Set([...chains.flat().map(({ id }) => id), ...(cargo ?? copy.layers)]);
      const now: CopyRecord = { ...copy, layers: [...kept] };
      await this.#put(now);
      await collectLayers(this.#parts.store, this.#parts.layerRoots);
      return shown(now);
    });
  }

  /** Nothing opened up to this epoch writes any more, nor is opened again. `epoch`: as the guest's record has it. */
  close(guest: string, { epoch }: { readonly epoch: number }): Promise<PeerReplicaCopy> {
    return this.#inTurn(guest, async () => {
      const closed = await this.#end(guest);
      if (!closed) throw new LodgeError("replica.none", { guest });
      // One that was asked for before, and is under way, comes too late; a later one takes what a lost host can not write.
      const now = { ...closed, epoch: Math.max(closed.epoch, epoch) + 1 };
      await this.#put(now);
      return shown(now);
    });
  }

  /** Takes it away where no guest's record says any more that it is its replica. Idempotent. */
  drop(guest: string): Promise<PeerReplicaCopy> {
    return this.#inTurn(guest, async () => {
      const none = { torn: false, tops: {}, layers: [] };
      if (await this.#isWanted(guest)) return none;
      const copy = await this.#end(guest);
      this.#coming.delete(guest);
      if (!copy) return none;
      await this.#parts.store.transact({ delete: [copyKey(guest)] });
      await collectLayers(this.#parts.store, this.#parts.layerRoots);
      return none;
    });
  }

  /** On whichever host the guest is. */
  async #isWanted(guest: string): Promise<boolean> {
    const { items } = await this.#parts.all.list(guestPrefix);
    return items.some(({ value }) => {
      const { id, replica } = value as GuestRecord;
      return id === guest && replica?.to === this.#parts.self;
    });
  }

  /** Where a tunnel of that host's leads; undefined: nothing of it is open. */
  async connect(guest: string, end: string, from: string): Promise<Duplex | undefined> {
    const copy = await this.#copyOf(guest);
    if (!copy || copy.from !== from) return undefined;
    if (end === "files" || end.startsWith("file-")) return this.#receive(guest, end);
    if (copy.state !== "open") return undefined;
    if (end === "pulse")
      return this.#track(
        guest,
        ended(() => this.#cut(guest, copy.epoch)),
      );
    return end === "disks" ? this.#track(guest, connectOwn(nbdSocket(this.#folder(guest)))) : undefined;
  }

  #receive(guest: string, end: string): Duplex | undefined {
    const coming = this.#coming.get(guest);
    const [, at] = /^file-(\d{1,6})$/.exec(end) ?? [];
    const found = coming && at !== undefined ? [...coming.unpacked.wanted][Number(at)] : undefined;
    if (!coming || !found) return undefined;
    const [name, path] = found;
    return ended(undefined, (stream) => {
      const received = receiveFile(stream, path);
      received.catch(() => undefined);
      coming.left.set(name, received);
    });
  }

  /** The guest's host is not heard of any more: what it wrote is written, and nothing else is. */
  #cut(guest: string, epoch: number): void {
    void this.#inTurn(guest, async () => {
      if ((await this.#copyOf(guest))?.epoch === epoch) await this.#end(guest);
    }).catch(() => undefined);
  }

  #track(guest: string, stream: Duplex): Duplex {
    const streams = this.#streams.get(guest) ?? new Set();
    this.#streams.set(guest, streams.add(stream));
    stream.once("close", () => streams.delete(stream));
    return stream;
  }

  /** Whoever asks for a later one than all before has the guest. @throws LodgeError replica.cut */
  async #admit(guest: string, from: string, epoch: number): Promise<CopyRecord | undefined> {
    const [copy, item] = await Promise.all([
      this.#copyOf(guest),
      this.#parts.all.get(placeOf(from, guestKey(guest))),
    ]);
    const replica = (item?.value as GuestRecord | undefined)?.replica;
    const late = copy && copy.epoch > epoch;
    if (late || replica?.epoch !== epoch || !this.#parts.isThere(from))
      throw new LodgeError("replica.cut", { guest, host: "this host, which was asked for one that is over" });
    return copy;
  }

  /** Ends what is open; what it says of itself then. */
  async #end(guest: string): Promise<CopyRecord | undefined> {
    for (const stream of this.#streams.get(guest) ?? []) stream.destroy();
    this.#streams.delete(guest);
    const copy = await this.#copyOf(guest);
    if (copy?.state !== "open") return copy;
    const inOrder = await endNbd(this.#folder(guest));
    const now: CopyRecord = { ...copy, state: inOrder ? "closed" : "torn" };
    await this.#put(now);
    return now;
  }

  async #unpack(copy: CopyRecord, epoch: number): Promise<CopyRecord> {
    const coming = this.#coming.get(copy.guest);
    if (coming?.epoch !== epoch) throw new LodgeError("replica.cut", { guest: copy.guest, host: "it" });
    const { cargo, unpacked, left } = coming;
    if (left.size < unpacked.wanted.size)
      throw new LodgeError("replica.cut", { guest: copy.guest, host: "it" });
    await Promise.all(left.values());
    const made = new Set(Object.values(copy.tops));
    for (const layer of unpacked.layers) if (!made.has(layer.id)) await standHere(this.#parts, layer);
    await makeTops(this.#parts, cargo, unpacked);
    return { ...copy, pending: [] };
  }

  /** What is new from now on, over what was equal. */
  async #putOver(copy: CopyRecord, tops: Written): Promise<CopyRecord> {
    const { store, places } = this.#parts;
    const layers: Layer[] = [];
    for (const [disk, below] of Object.entries(copy.tops)) {
      const { path, format, createdAt } = await layerById(store, below);
      const id = tops[disk];
      if (id === undefined) throw new LodgeError("replica.cut", { guest: copy.guest, host: "it" });
      layers.push({ id, path: layerPath(places.layers, id), format: "qcow2", below, createdAt });
      await rm(layerPath(places.layers, id), { force: true });
      const size = copy.sizes[disk];
      await makeLayer({
        kind: "overlay",
        path: layerPath(places.layers, id),
        over: { path, format },
        ...(size === undefined ? {} : { size }),
      });
    }
    const now = { ...copy, layers: [...copy.layers, ...layers.map(({ id }) => id)] };
    await store.transact({
      put: [
        { key: copyKey(copy.guest), value: now },
        ...layers.map((layer) => ({ key: layerKey(layer.id), value: layer })),
      ],
    });
    return now;
  }

  /** What others' copies, or guests that move here, are just bringing is not all there, and may go again. @throws LodgeError replica.behind */
  async #requireNoneComing(guest: string, { layers }: Unpacked): Promise<void> {
    const { store } = this.#parts;
    const copies = (await listCopies(store)).filter((copy) => copy.guest !== guest);
    const moves = (await listMoves(store)).filter(
      ({ phase, to }) => phase === "prepares" && to === this.#parts.self,
    );
    const coming = [...copies.flatMap(({ pending }) => pending), ...moves.flatMap((move) => move.layers)];
    if (layers.some(({ id }) => coming.includes(id)))
      throw new LodgeError("replica.behind", {
        guest,
        host: "this host",
        reason: "a layer that it stands on is still on its way there for another guest",
      });
  }

  /** Files of which only a part may have come are none. */
  async #clearPending({ pending }: CopyRecord): Promise<void> {
    const { store } = this.#parts;
    for (const id of pending) {
      const layer = (await store.get(layerKey(id)))?.value as Layer | undefined;
      if (layer) await removeLayerFile(layer.path);
      await store.transact({ delete: [layerKey(id)] });
    }
  }

  async #filesOf({ tops, sizes }: CopyRecord): Promise<NbdFile[]> {
    const { store } = this.#parts;
    return Promise.all(
      Object.entries(tops).map(async ([name, id]) => {
        const { path, format } = await layerById(store, id);
        return { name, path, format, size: sizes[name] ?? 0, below: await filesBelow(store, id) };
      }),
    );
  }

  async #requireRoom(): Promise<void> {
    const { layers } = this.#parts.places;
    await mkdir(layers, { recursive: true });
    const { bavail, bsize } = await statfs(layers);
    if (bavail * bsize < spare) throw new LodgeError("host.no_space", { path: layers });
  }

  async #copyOf(guest: string): Promise<CopyRecord | undefined> {
    return (await this.#parts.store.get(copyKey(guest)))?.value as CopyRecord | undefined;
  }

  #put(copy: CopyRecord): Promise<unknown> {
    return this.#parts.store.transact({ put: [{ key: copyKey(copy.guest), value: copy }] });
  }

  #folder(guest: string): string {
    return join(homeOf(this.#parts.places), "copies", guest);
  }

  #inTurn<T>(guest: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(guest) ?? new SerialQueue();
    this.#turns.set(guest, turn);
    return turn.run(work).finally(() => {
      if (turn.length === 0) this.#turns.delete(guest);
    });
  }
}

/** What is still on its way is not there. */
const shown = ({ state, tops, layers, pending }: CopyRecord): PeerReplicaCopy => ({
  torn: state !== "closed" && state !== "open",
  tops: { ...tops },
  layers: layers.filter((layer) => !pending.includes(layer)),
});

const writtenOf = (guest: GuestRecord): Written => writtenLayers(guest);

/** Images that are not here come as layers. */
const isImage = ({ wanted }: Unpacked, { path }: Layer): boolean => [...wanted.values()].includes(path);
