/** A store and a home with templates in it: their RAM and files are real, but small; no machine ever ran in them. */
import { closeSync, writeSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEvent } from "#domain/host/events";
import { guestKey, listGuests, type GuestRecord } from "#domain/guest/record";
import type { Budget } from "#domain/template/budget";
import { listTemplates, templateKey, templateUseKey, type TemplateRecord } from "#domain/template/record";
import { Stock } from "#domain/template/stock";
import { storedBytes } from "#domain/template/survey";
import { layerKey, layerPath } from "#domain/volume/layer";
import type { Put, Store } from "#durable/store/store";
import { createRam, openRam, releaseRam, residentBytes, saveRam, sealRam } from "#hypervisor/memory/held-ram";

const MiB = 1048576;

export class TemplateWorld {
  readonly folder: string;
  readonly store: Store;
  readonly events: NewEvent[] = [];
  budget: Budget = { memory: 100 * MiB, disk: 100 * MiB };
  gone = 0;
  /** What was last asked to be made room for. */
  fitted: Budget | undefined;

  private constructor(folder: string, store: Store) {
    this.folder = folder;
    this.store = store;
  }

  static async make(store: Store): Promise<TemplateWorld> {
    const world = new TemplateWorld(await mkdtemp(join(tmpdir(), "lodge-templates-")), store);
    for (const place of Object.values(world.places)) await mkdir(place);
    return world;
  }

  get places() {
    const at = (name: string) => join(this.folder, name);
    return { templates: at("templates"), layers: at("layers"), run: at("run") };
  }

  /** A stock as after a start of the daemon. `store`: the same one, seen through something. */
  stock(store: Store = this.store): Stock {
    return new Stock({
      store,
      places: this.places,
      events: { append: (event) => void this.events.push(event) },
      budget: async () => this.budget,
      layerRoots: async () => [
        ...(await listGuests(this.store)).flatMap(({ disks }) => disks.map(({ layer }) => layer)),
        ...(await listTemplates(this.store)).map(({ layer }) => layer),
      ],
      onGone: async () => void this.gone++,
    });
  }

  /** A parked template, whose RAM takes so many MiB. */
  async park(id: string, size = 1, more: Partial<TemplateRecord> = {}): Promise<TemplateRecord> {
    const { templates, layers, run } = this.places;
    const files = join(templates, id);
    await mkdir(files);
    const holder = await createRam(4 * MiB, run);
    const ram = openRam(holder);
    for (let at = 0; at < size; at++) writeSync(ram, Buffer.alloc(MiB, id), 0, MiB, at * MiB);
    closeSync(ram);
    await sealRam(holder);
    const record: TemplateRecord = {
      project: "default",
      image: "i0",
      imageName: "debian-13",
      cpus: 1,
      memory: 4 * MiB,
      nic: "user",
      accelerator: "tcg",
      qemu: "7.2",
      layout: 2,
      id,
      state: "parked",
      createdAt: "2026-01-01T00:00:00Z",
      usedAt: "2026-01-01T00:00:00Z",
      machine: {} as never,
      layer: `l${id}`,
      diskSize: 0,
      stateFile: join(files, "state"),
      ramFile: join(files, "ram"),
      seedFile: join(files, "seed.qcow2"),
      holder,
      stored: 0,
      resident: residentBytes(holder),
      ...more,
    };
    const path = layerPath(layers, record.layer);
    await saveRam(holder, record.ramFile);
    for (const file of [record.stateFile, path]) await writeFile(file, id);
    const stored = await storedBytes([record.ramFile, record.stateFile, path]);
    const layer = { id: record.layer, path, format: "qcow2", image: record.image, createdAt: "" };
    await this.store.transact({
      put: [
        { key: templateKey(id), value: { ...record, stored } },
        { key: layerKey(record.layer), value: layer },
      ],
    });
    return { ...record, stored };
  }

  async change(id: string, over: Partial<TemplateRecord>): Promise<void> {
    const value = { ...(await this.template(id)), ...over };
    await this.store.transact({ put: [{ key: templateKey(id), value }] });
  }

  /** What the transaction puts that records a fork. */
  forkOf(template: string, guest: string, at = "2026-02-01T00:00:00Z"): Put[] {
    const origin = { how: "fork", template } as const;
    const value = { id: guest, state: "creating", origin, disks: [{ layer: `l${guest}` }] };
    const path = layerPath(this.places.layers, `l${guest}`);
    return [
      { key: guestKey(guest), value },
      { key: layerKey(`l${guest}`), value: { id: `l${guest}`, path, below: `l${template}`, createdAt: "" } },
      { key: templateUseKey(template), value: { at } },
    ];
  }

  async become(guest: string, change: Partial<GuestRecord>): Promise<void> {
    const item = await this.store.get(guestKey(guest));
    await this.store.transact({
      put: [{ key: guestKey(guest), value: { ...(item!.value as GuestRecord), ...change } }],
    });
  }

  async fork(template: string, guest: string, at?: string): Promise<void> {
    await this.store.transact({ put: this.forkOf(template, guest, at) });
    await writeFile(layerPath(this.places.layers, `l${guest}`), guest);
  }

  /** The template's record; undefined once it is gone. */
  async template(id: string): Promise<TemplateRecord | undefined> {
    return (await this.store.get(templateKey(id)))?.value as TemplateRecord | undefined;
  }

  /** Files of templates and layers. */
  async files(): Promise<string[]> {
    const names = await Promise.all(
      [this.places.templates, this.places.layers].map((folder) => readdir(folder, { recursive: true })),
    );
    return names.flat().toSorted();
  }

  async dispose(): Promise<void> {
    for (const { holder } of await listTemplates(this.store)) if (holder) await releaseRam(holder);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A store in which something happens behind or before the first change of a key. */
export function interrupted(
  store: Store,
  key: string,
  { before, after }: { before?: () => Promise<unknown>; after?: () => Promise<unknown> },
): Store {
  let happened = false;
  return new Proxy(store, {
    get: (target, name: keyof Store) => {
      if (name !== "transact") return (target[name] as () => unknown).bind(target);
      return async (...given: Parameters<Store["transact"]>) => {
        const [{ put = [], delete: deleted = [] }] = given;
        const meant = !happened && [...put.map((one) => one.key), ...deleted].includes(key);
        if (meant) happened = true;
        if (meant) await before?.();
        const revision = await target.transact(...given);
        if (meant) await after?.();
        return revision;
      };
    },
  });
}
