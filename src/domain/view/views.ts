/**
 * What users see of the records, held in memory and kept up by watching the store. Lists are served from
 * here, and whoever follows changes is told of them from here.
 *
 * A list waits until what was written before it is here too: who reads after a write finds it. It begins with its first page: those
 * that follow wait for nothing more, since each wait is a reading of a cluster's quorum.
 */
import type { Owner } from "#contract/access";
import { hasCode } from "#contract/errors";
import type { Page } from "#contract/call";
import type { Operation } from "#contract/operation";
import type { ObjectKind } from "#contract/schema/feed";
import type { Snapshot } from "#contract/schema/snapshot";
import type { Schemas } from "#contract/schemas";
import {
  operationOwner,
  operationPrefix,
  toOperation,
  type OperationRecord,
} from "#durable/operation/record";
import { Mirror } from "#durable/store/mirror";
import { locate } from "#durable/store/partition";
import type { Item, Revision, Store, StoreEvent } from "#durable/store/store";
import { Whereabouts } from "#durable/store/whereabouts";
import { beatPrefix, memberPrefix, type MemberRecord } from "../member/record.ts";
import { poolAilPrefix } from "../desktop/pool-ail.ts";
import { desktopPoolPrefix, desktopPrefix, type DesktopRecord } from "../desktop/record.ts";
import { firewallPrefix, type FirewallRecord } from "../firewall/record.ts";
import { guestPrefix, toGuest, type GuestRecord } from "../guest/record.ts";
import { snapshotPrefix, toSnapshot, type SnapshotRecord } from "../guest/snapshot/record.ts";
import { recordingPrefix } from "../console/recording/record.ts";
import type { EventLog } from "../host/events.ts";
import { imagePrefix, imageProject, isShared, toImage, type ImageRecord } from "../image/record.ts";
import { networkOwner, networkPrefix, type NetworkRecord } from "../network/record.ts";
import { projectPrefix, type ProjectRecord } from "../project/record.ts";
import { poolPrefix } from "../volume/pool.ts";
import { volumePrefix, type VolumeRecord } from "../volume/record.ts";
import { templatePrefix, type TemplateRecord } from "../template/record.ts";
import { uploadPrefix } from "../upload/record.ts";
import { progressPrefix, webhookPrefix } from "../webhook/record.ts";
import { Collection, type PageQuery, type Turn } from "./collection.ts";
import { Copies } from "./copies.ts";
import { formatPlace, type Place } from "./place.ts";

/** Objects that are shown as their record says, and those that need more than it. */
export type RecordKind = "guest" | "snapshot" | "image" | "operation" | "recording";
export type ComposedKind = Exclude<ObjectKind, RecordKind>;

export interface ViewListener {
  /** An object has become another, as the collections show it by now. */
  turned(kind: RecordKind, turn: Turn): void;
  /** What objects of this kind are composed of is different. */
  stirred(kind: ComposedKind, id: string): void;
}

/** All of them: the type asks for each. */
const composed: Readonly<Record<ComposedKind, true>> = {
  network: true,
  firewall: true,
  template: true,
  project: true,
  pool: true,
  volume: true,
  webhook: true,
  host: true,
  "desktop-pool": true,
  desktop: true,
};

/** What is of one host and has no collection, listed to know where it is; and the hosts, for their names. */
const alsoPlaced: readonly string[] = [templatePrefix, volumePrefix, uploadPrefix, memberPrefix];

export const isComposed = (kind: ObjectKind): kind is ComposedKind => Object.hasOwn(composed, kind);

/** What a change at a place of the store touches: an object, or what it is composed of. */
export function touched(place: string): { readonly kind: ObjectKind; readonly id: string } | undefined {
  const { key } = locate(place);
  for (const [kind, prefix] of prefixes) {
    if (key.startsWith(prefix)) return { kind, id: key.slice(prefix.length) };
  }
  return undefined;
}

const prefixes: readonly (readonly [ObjectKind, string])[] = [
  ["guest", guestPrefix],
  ["snapshot", snapshotPrefix],
  ["image", imagePrefix],
  ["operation", operationPrefix],
  ["network", networkPrefix],
  ["firewall", firewallPrefix],
  ["template", templatePrefix],
  ["project", projectPrefix],
  ["recording", recordingPrefix],
  ["pool", poolPrefix],
  ["volume", volumePrefix],
  ["webhook", webhookPrefix],
  ["webhook", progressPrefix],
  ["host", memberPrefix],
  ["host", beatPrefix],
  ["desktop-pool", desktopPoolPrefix],
  ["desktop-pool", poolAilPrefix],
  ["desktop", desktopPrefix],
];

/** Of the object that a record is: its key's, but for what is kept by its name, or beside it. */
export function recordId(kind: ObjectKind, id: string, record: unknown): string {
  if (kind === "firewall") return (record as FirewallRecord).id;
  return kind === "desktop-pool" ? id.split("/")[0]! : id;
}

/** Whose what a record tells of is. */
export function recordOwner(kind: ObjectKind, record: unknown): Owner {
  switch (kind) {
    case "guest":
      return { project: (record as GuestRecord).project };
    case "snapshot":
      return { project: (record as SnapshotRecord).project };
    case "image":
      return { project: imageProject(record as ImageRecord), shared: isShared(record as ImageRecord) };
    case "operation":
      return operationOwner(record as OperationRecord);
    case "network":
      return networkOwner(record as NetworkRecord);
    case "firewall":
      return { project: (record as FirewallRecord).project };
    case "template":
      return { project: (record as TemplateRecord).project };
    case "project":
      return { project: (record as ProjectRecord).name };
    case "recording":
      return { project: (record as Schemas["Recording"]).project };
    case "pool":
    case "host":
      return { shared: true };
    case "volume":
      return { project: (record as VolumeRecord).project };
    case "desktop-pool":
    case "desktop": {
      // What a pool ails from is of none.
      const { project } = record as Partial<DesktopRecord>;
      return project === undefined ? {} : { project };
    }
    case "webhook":
      return {};
  }
}

export class Views {
  /** Of the cluster's hosts, by their ids. */
  readonly #hostNames = new Map<string, string>();
  readonly guests = new Collection<Schemas["Guest"]>({
    prefix: guestPrefix,
    show: (record) => this.#placed(guestPrefix, toGuest(record as GuestRecord)),
    place: ({ name, id }) => `${name} ${id}`,
    owner: ({ project }) => ({ project }),
  });
  readonly snapshots = new Collection<Snapshot>({
    prefix: snapshotPrefix,
    show: (record) => toSnapshot(record as SnapshotRecord),
    place: ({ createdAt, id }) => `${createdAt} ${id}`,
    owner: ({ project }) => ({ project }),
  });
  readonly images = new Collection<Schemas["Image"]>({
    prefix: imagePrefix,
    show: (record) =>
      (record as ImageRecord).state === "ready" ? toImage(record as ImageRecord) : undefined,
    place: ({ createdAt, id }) => `${createdAt} ${id}`,
    owner: ({ project, shared }) => ({ project, shared }),
  });
  readonly operations = new Collection<Operation>({
    prefix: operationPrefix,
    show: (record) => this.#placed(operationPrefix, toOperation(record as OperationRecord)),
    place: ({ startedAt, id }) => `${startedAt} ${id}`,
    owner: operationOwner,
    newestFirst: true,
  });
  readonly recordings = new Collection<Schemas["Recording"]>({
    prefix: recordingPrefix,
    show: (record) => record as Schemas["Recording"],
    place: ({ startedAt, id }) => `${startedAt} ${id}`,
    owner: ({ project }) => ({ project }),
    newestFirst: true,
  });
  readonly #byKind = {
    guest: this.guests,
    snapshot: this.snapshots,
    image: this.images,
    operation: this.operations,
    recording: this.recordings,
  };
  /** Of the records of all hosts. */
  readonly whereabouts = new Whereabouts();
  readonly #copies = new Copies();
  readonly #mirror: Mirror;
  readonly #events: Pick<EventLog, "lastId">;
  readonly #listeners = new Set<ViewListener>();
  readonly #host: string | undefined;

  /** `store`: all of it, also of a cluster's. `host`: this one's id in it. */
  constructor(store: Store, events: Pick<EventLog, "lastId">, host?: string) {
    this.#events = events;
    this.#host = host;
    const shown = Object.values(this.#byKind).map(({ kind }) => kind.prefix);
    this.#mirror = new Mirror(store, [...shown, ...alsoPlaced], {
      all: (items) => this.#all(items),
      change: (changes) => this.#change(changes),
    });
  }

  open(): Promise<void> {
    return this.#mirror.open();
  }

  close(): void {
    this.#mirror.close();
    this.#listeners.clear();
  }

  /** Until the function that it returns is called. */
  listen(listener: ViewListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  collection(kind: RecordKind): Pick<Collection<unknown>, "json" | "ids" | "owner"> {
    return this.#byKind[kind];
  }

  /** Is it on this host? */
  isHere(kind: RecordKind, id: string): boolean {
    return this.isHereAt(this.#byKind[kind].kind.prefix + id);
  }

  /** Is what lies at this key on this host? */
  isHereAt(key: string): boolean {
    return this.#host === undefined || this.whereabouts.hostsOf(key).includes(this.#host);
  }

  /** How many guests a host of the cluster has. */
  async guestsOn(host: string): Promise<number> {
    await this.caughtUp();
    let count = 0;
    for (const { id } of this.guests.values())
      if (this.whereabouts.hostsOf(guestPrefix + id).includes(host)) count++;
    return count;
  }

  /** What has been taken over, and told of. */
  get revision(): Revision {
    return this.#mirror.revision;
  }

  get place(): Place {
    return { revision: this.#mirror.revision, event: this.#events.lastId };
  }

  /**
   * Resolves when what was written before is here. A host of a cluster that has lost its quorum shows what it knows:
   * nobody can have written anything.
   */
  async caughtUp(): Promise<Revision> {
    try {
      return await this.#mirror.caughtUp();
    } catch (error) {
      if (this.#host === undefined || !hasCode(error, "store.unavailable")) throw error;
      return this.#mirror.revision;
    }
  }

  /** A page of what there is now. @throws LodgeError api.invalid where the cursor is none. */
  async page<Shown>(collection: Collection<Shown>, query: PageQuery<Shown>): Promise<Page<Shown>> {
    if (query.cursor === undefined) await this.caughtUp();
    return collection.page(query, formatPlace(this.place));
  }

  #nameHost(key: string, value: unknown): void {
    if (key.startsWith(memberPrefix) && value !== undefined)
      this.#hostNames.set(key.slice(memberPrefix.length), (value as MemberRecord).name);
  }

  /** With the host that it is on, in a cluster. */
  #placed<T extends { readonly id: string }>(prefix: string, shown: T): T & { readonly host?: string } {
    const [host] = this.whereabouts.hostsOf(prefix + shown.id);
    return host === undefined ? shown : { ...shown, host: this.#hostNames.get(host) ?? host };
  }

  #all(items: readonly Item[]): void {
    this.whereabouts.takeAll(items.map(({ key }) => key));
    for (const { key, value } of items) this.#nameHost(key, value);
    const records = this.#copies.takeAll(items);
    for (const [kind, collection] of Object.entries(this.#byKind) as [RecordKind, Collection<unknown>][]) {
      const { prefix } = collection.kind;
      const mine = [...records].filter(([key]) => key.startsWith(prefix));
      const turns = collection.takeAll(
        new Map(mine.map(([key, value]) => [key.slice(prefix.length), value])),
      );
      for (const turn of turns) this.#tell((listener) => listener.turned(kind, turn));
    }
    for (const kind of Object.keys(composed) as ComposedKind[])
      this.#tell((listener) => listener.stirred(kind, ""));
  }

  #change(events: readonly StoreEvent[]): void {
    this.whereabouts.take(events);
    for (const { key, value } of events) this.#nameHost(key, value);
    for (const [key, value] of this.#copies.take(events)) {
      const found = touched(key);
      if (!found) continue;
      const { kind, id } = found;
      if (isComposed(kind)) {
        this.#tell((listener) => listener.stirred(kind, id));
        // A pool says what is promised of it.
        if (kind === "volume") this.#tell((listener) => listener.stirred("pool", ""));
        // Pools say how many desktops there are of them, and these that their host does not answer.
        if (kind === "desktop") this.#tell((listener) => listener.stirred("desktop-pool", ""));
        if (kind === "host") this.#tell((listener) => listener.stirred("desktop", ""));
        // A firewall group says which networks it holds for.
        if (kind === "network") this.#tell((listener) => listener.stirred("firewall", ""));
        continue;
      }
      const isOfPool = kind === "guest" && this.guests.get(id)?.desktop !== undefined;
      const turn = this.#byKind[kind].take(id, value);
      if (turn) this.#tell((listener) => listener.turned(kind, turn));
      // They say which guests, or how many, stand on them, or are guests' disks.
      if (kind === "guest" && turn)
        for (const other of ["network", "firewall", "template", "volume", "pool", "host"] as const)
          this.#tell((listener) => listener.stirred(other, ""));
      if (isOfPool || (kind === "guest" && this.guests.get(id)?.desktop))
        for (const other of ["desktop-pool", "desktop"] as const)
          this.#tell((listener) => listener.stirred(other, ""));
    }
  }

  #tell(tell: (listener: ViewListener) => void): void {
    for (const listener of this.#listeners) tell(listener);
  }
}
