/**
 * Lets through what the host can promise and a project may have, one after another, so that two that fit alone but not
 * together do not both pass. What is there is read from the views, which are caught up with the store before.
 */
import { availableParallelism } from "node:os";
import type { Image } from "#contract/schema/image";
import type {
  Amounts,
  Holder,
  HolderKind,
  HostPromise,
  HostUpdate,
  ProjectUsage,
} from "#contract/schema/quota";
import type { Recording } from "#contract/schema/recording";
import type { Snapshot } from "#contract/schema/snapshot";
import { SerialQueue } from "#base/queue";
import type { Started } from "#durable/operation/engine";
import type { ReadStore, Store } from "#durable/store/store";
import { recordingKey } from "#domain/console/recording/record";
import { attachedVolumes, guestKey } from "#domain/guest/record";
import { hasProcess } from "#domain/guest/state";
import type { Demand, Pass } from "#domain/host/demand";
import { changeOvercommit, overcommitSetting } from "#domain/host/overcommit-setting";
import { describePromise, requirePromise, type HostSettings, type Promisee } from "#domain/host/promise";
import { nothing, requireQuota, sumOf } from "#domain/project/quota";
import { anyProject } from "#domain/project/record";
import { imageKey } from "#domain/image/record";
import { listTemplates, templateKey, type TemplateRecord } from "#domain/template/record";
import { allUploads, uploadKey, uploadProject, type UploadRecord } from "#domain/upload/record";
import type { Views } from "#domain/view/views";
import { listVolumes, volumeKey, type VolumeRecord } from "#domain/volume/record";
import { fileSystemSize } from "#hypervisor/disk/space";
import type { Memory } from "./host-memory.ts";

export interface DivisionParts {
  readonly store: Store;
  /** Of all hosts: a project's quota is for what it has on any. */
  readonly whole: ReadStore;
  readonly views: Pick<
    Views,
    "guests" | "snapshots" | "images" | "recordings" | "caughtUp" | "isHere" | "isHereAt"
  >;
  /** Where disks lie. */
  readonly folder: string;
  readonly memory: Memory;
  /** Does it leave what is kept for highly available guests? @throws LodgeError placement.reserved */
  readonly requireReserve?: (demand: Demand) => Promise<void>;
  /** Does something for a project that no other host does at the same time; undefined: there is none. */
  readonly inTurn?: <T>(project: string, work: () => Promise<T>) => Promise<T>;
}

type Guest = ReturnType<Views["guests"]["values"]> extends Iterable<infer T> ? T : never;

/** A holder, and which of it the host has to carry now. */
interface Held extends Holder {
  readonly runs: { readonly memory: number; readonly cpus: number };
  /** Is it this host that carries it? */
  readonly here: boolean;
}

type Share = Omit<Held, "here">;

const none = { memory: 0, cpus: 0 } as const;

export class Division {
  readonly #parts: DivisionParts;
  readonly #queue = new SerialQueue();
  readonly #pending = new Map<symbol, Held>();

  constructor(parts: DivisionParts) {
    this.#parts = parts;
  }

  /** @throws LodgeError project.quota, host.promised */
  readonly pass: Pass = (asked, work, until) =>
    this.#queue.run(async () => {
      const demand = typeof asked === "function" ? await asked() : asked;
      const pass = async () => {
        if (demand) await this.#require(demand);
        const result = await work();
        const written = until?.(result);
        if (written && demand) this.#hold(demand, written);
        return result;
      };
      return demand && (await this.#isShared(demand)) ? this.#parts.inTurn!(demand.project, pass) : pass();
    });

  /** May another host give out of the same quota at this moment? */
  async #isShared({ project, adds = {} }: Demand): Promise<boolean> {
    if (!this.#parts.inTurn || Object.keys(adds).length === 0) return false;
    return (await anyProject(this.#parts.store, project)).project.quota !== undefined;
  }

  /** Takes up the places again that operations keep which an earlier daemon began. */
  resume(operations: readonly Pick<Started, "claim" | "completion">[]): void {
    for (const { claim, completion } of operations) if (claim) this.#hold(claim as Demand, completion);
  }

  async usage(project: string): Promise<ProjectUsage> {
    const { project: record } = await anyProject(this.#parts.store, project);
    const holders = (await this.#held(project)).filter((one) => one.project === project);
    return {
      project,
      quota: record.quota ?? {},
      used: sumOf(holders),
      holders: holders.map(({ runs: _runs, here: _here, ...holder }) => holder),
    };
  }

  async promise(): Promise<HostPromise> {
    return describePromise(await this.#settings(), promisees(await this.#held()));
  }

  async change({ overcommit }: HostUpdate): Promise<HostPromise> {
    await changeOvercommit(this.#parts.store, overcommit);
    return this.promise();
  }

  /** What was let through and is written down only later counts meanwhile. */
  #hold(demand: Demand, written: Promise<unknown>): void {
    const key = Symbol(demand.subject);
    this.#pending.set(key, {
      kind: "pending",
      id: "",
      name: demand.subject,
      project: demand.project,
      amounts: { ...nothing, ...demand.adds },
      runs: demand.runs ?? none,
      here: true,
    });
    const forget = () => void this.#pending.delete(key);
    written.then(forget, forget);
  }

  async #require(demand: Demand): Promise<void> {
    const { subject, project, adds = {}, runs = none } = demand;
    const [{ project: record }, settings] = await Promise.all([
      anyProject(this.#parts.store, project),
      this.#settings(),
    ]);
    const held = await this.#held(record.quota ? project : undefined);
    requireQuota(
      record,
      adds,
      held.filter((one) => one.project === project),
    );
    const shares = { ...runs, disk: adds.disk ?? 0 };
    requirePromise({ subject, project, shares }, settings, promisees(held));
    await this.#parts.requireReserve?.(demand);
  }

  async #settings(): Promise<HostSettings> {
    const { store, folder, memory } = this.#parts;
    const [overcommit, { total }, disk] = await Promise.all([
      overcommitSetting(store),
      memory(),
      fileSystemSize(folder),
    ]);
    return { overcommit, size: { memory: total, cpus: availableParallelism(), disk } };
  }

  /** What this host carries and, where one is named, what a project has on any: there may be ten thousand guests besides. */
  async #held(project?: string): Promise<Held[]> {
    const { whole, views } = this.#parts;
    const [templates, volumes, uploads] = await Promise.all([
      listTemplates(whole),
      listVolumes(whole),
      allUploads(whole),
      views.caughtUp(),
    ]);
    const at = (key: string, held: Share): Held => ({ ...held, here: views.isHereAt(key) });
    const snapshots = new Map<string, Snapshot[]>();
    for (const one of views.snapshots.values()) {
      const others = snapshots.get(one.guest);
      if (others) others.push(one);
      else snapshots.set(one.guest, [one]);
    }
    const guests: Held[] = [];
    // By what guests have: one that goes from or to a guest meanwhile counts once in any case.
    const attached = new Set<string>();
    for (const guest of views.guests.values()) {
      if (volumes.length > 0) for (const id of attachedVolumes(guest)) attached.add(id);
      const here = views.isHereAt(guestKey(guest.id));
      if (here || guest.project === project)
        guests.push({ ...ofGuest(guest, snapshots.get(guest.id) ?? []), here });
    }
    return [
      ...guests,
      ...templates.map((one) => at(templateKey(one.id), ofTemplate(one))),
      ...volumes.filter(({ id }) => !attached.has(id)).map((one) => at(volumeKey(one.id), ofVolume(one))),
      ...[...views.images.values()]
        .filter(({ shared }) => !shared)
        .map((one) => at(imageKey(one.id), ofImage(one))),
      ...[...views.recordings.values()].map((one) => at(recordingKey(one.id), ofRecording(one))),
      ...uploads.map((one) => at(uploadKey(one.id), ofUpload(one))),
      ...this.#pending.values(),
    ];
  }
}

const sum = <T>(items: readonly T[], pick: (item: T) => number): number =>
  items.reduce((total, item) => total + pick(item), 0);

function ofGuest(guest: Guest, snapshots: readonly Snapshot[]): Share {
  const { id, name, project, cpus, memory, disks, publish, state } = guest;
  const kept = sum(snapshots, ({ size, memorySize = 0 }) => size + memorySize);
  const amounts: Amounts = {
    guests: 1,
    cpus,
    memory,
    disk: sum(disks, ({ size }) => size) + kept + (state === "suspended" ? memory : 0),
    snapshots: snapshots.length,
    templates: 0,
    ports: publish.length,
  };
  const runs = hasProcess(state) || state === "creating" ? { memory, cpus } : none;
  return { kind: "guest", id, name, project, amounts, runs };
}

function ofTemplate({
  id,
  imageName,
  project,
  stored,
  holder,
  resident = 0,
  memory,
  state,
}: TemplateRecord): Share {
  const building = state === "building";
  const inMemory = holder ? resident : building ? memory : 0;
  return {
    kind: "template",
    id,
    name: `template of ${imageName}`,
    project,
    amounts: { ...nothing, templates: 1, memory: holder || building ? resident : 0, disk: stored },
    runs: { memory: inMemory, cpus: 0 },
  };
}

/** What takes space on the host's disk, and nothing else. */
function onDisk(kind: HolderKind, what: Pick<Held, "id" | "name" | "project">, disk: number): Share {
  return { kind, ...what, amounts: { ...nothing, disk }, runs: none };
}

const ofVolume = ({ id, name, project, size }: VolumeRecord): Share =>
  onDisk("volume", { id, name: `volume ${name}`, project }, size);

const ofImage = ({ id, name, project, stored }: Image): Share =>
  onDisk("image", { id, name: `image ${name}`, project }, stored);

const ofRecording = ({ id, guestName, project, size }: Recording): Share =>
  onDisk("recording", { id, name: `recording of ${guestName}`, project }, size);

function ofUpload(upload: UploadRecord): Share {
  const { id, file, size } = upload;
  return onDisk("upload", { id, name: `upload of ${file}`, project: uploadProject(upload) }, size);
}

/** What this host has promised, and to whom. */
const promisees = (held: readonly Held[]): Promisee[] =>
  held
    .filter(({ here }) => here)
    .map(({ kind, id, name, project, amounts, runs }) => ({
      kind,
      id,
      name,
      project,
      shares: { ...runs, disk: amounts.disk },
    }));
