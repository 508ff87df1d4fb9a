/** The templates of this host: which one a guest can fork from, and keeping them within their budget. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Log } from "#base/log";
import { isAlive, type ProcessRef } from "#base/process";
import { SerialQueue } from "#base/queue";
import { defineOperation } from "#durable/operation/define";
import type { OperationEngine, Started } from "#durable/operation/engine";
import { operationPrefix, type OperationRecord } from "#durable/operation/record";
import { update } from "#durable/store/update";
import { endOtherHolders, holdsRam, loadRam, releaseRam } from "#hypervisor/memory/held-ram";
import type { LaunchParts } from "../guest/launch.ts";
import { deviceLayout } from "../guest/machine.ts";
import { listGuests, type GuestRecord } from "../guest/record.ts";
import { findImage, firmwareFor, imageKey, type FoundImage } from "../image/record.ts";
import { defaultNetwork } from "../network/networks.ts";
import { collectLayers, layerKey, layerPath, type Layer } from "../volume/layer.ts";
import type { BuildInput, defineBuild } from "./build.ts";
import {
  fits,
  listTemplates,
  templateById,
  templateKey,
  toTemplate,
  type Shape,
  type TemplateRecord,
} from "./record.ts";

export interface TemplatesParts extends LaunchParts {
  readonly clock: Clock;
  readonly engine: Pick<OperationEngine, "start">;
  readonly build: ReturnType<typeof defineBuild>;
  readonly remove: ReturnType<typeof defineTemplateRemove>;
  readonly machineOf: (
    id: string,
    name: string,
    image: FoundImage["image"],
    shape: Pick<Shape, "cpus" | "memory">,
    layer: string,
    nic: Shape["nic"],
  ) => Promise<GuestRecord>;
  readonly log: Log;
}

/** Evicts a template: no new forks; its files go once nobody stands on them. */
export function defineTemplateRemove(parts: LaunchParts & { readonly layerRoots: () => Promise<string[]> }) {
  return defineOperation<{ template: string }>({
    kind: "template.remove",
    steps: [
      {
        name: "remove",
        commitPoint: true,
        async do({ input }) {
          const record = await templateById(parts.store, input.template).catch(() => undefined);
          if (!record) return;
          if (record.holder) await releaseRam(record.holder);
          await parts.store.transact({ delete: [templateKey(record.id)] });
          await rm(join(parts.places.templates, record.id), { recursive: true, force: true });
          await collectLayers(parts.store, parts.layerRoots);
        },
      },
    ],
  });
}

export class Templates {
  readonly #parts: TemplatesParts;
  readonly #refills = new SerialQueue();
  /** Builds under way, by the shape's key. */
  readonly #building = new Map<string, Promise<Started>>();

  constructor(parts: TemplatesParts) {
    this.#parts = parts;
  }

  /** What a guest's shape has to be equal to. */
  async shape(image: string, cpus: number, memory: number, project: string): Promise<Shape> {
    const { networks, hardware } = this.#parts;
    const { kind } = await networks.byName(defaultNetwork);
    return {
      project,
      image,
      cpus,
      memory,
      nic: kind === "nat" ? "tap" : "user",
      accelerator: await hardware.accelerator(),
      qemu: hardware.identity,
      layout: deviceLayout,
    };
  }

  async find(shape: Shape): Promise<TemplateRecord | undefined> {
    const all = await listTemplates(this.#parts.store);
    return all.find((one) => (one.state === "parked" || one.state === "evicted") && fits(one, shape));
  }

  /** The RAM and state of a template, read back into memory where it was not there. */
  async parked(id: string): Promise<{ holder: ProcessRef; state: string }> {
    const { store, clock, places } = this.#parts;
    const found = await templateById(store, id);
    if (found.holder && isAlive(found.holder)) return { holder: found.holder, state: found.stateFile };
    return this.#refills.run(async () => {
      const record = await templateById(store, id);
      if (record.holder && isAlive(record.holder)) return { holder: record.holder, state: record.stateFile };
      const holder = await loadRam(record.ramFile, record.memory, places.run);
      await update<TemplateRecord>(
        store,
        templateKey(id),
        (now) => now && { ...now, holder, state: "parked", usedAt: new Date(clock.now()).toISOString() },
      );
      return { holder, state: record.stateFile };
    });
  }

  /** Is a template of this shape being built? */
  isBuilding(shape: Shape): boolean {
    return this.#building.has(JSON.stringify(shape));
  }

  /** Boots and parks a template; one of this shape that is being built already is taken instead. */
  async build(found: FoundImage, shape: Shape): Promise<Started> {
    const key = JSON.stringify(shape);
    const running = this.#building.get(key);
    if (running) return running;
    const begun = this.#begin(found, shape);
    this.#building.set(key, begun);
    const forget = () => this.#building.delete(key);
    begun.then(({ completion }) => completion).then(forget, forget);
    return begun;
  }

  async #begin(found: FoundImage, shape: Shape): Promise<Started> {
    const { places, engine, clock, build } = this.#parts;
    const id = newId("t");
    const layerId = newId("l");
    const folder = join(places.templates, id);
    const { image } = found;
    const now = new Date(clock.now()).toISOString();
    const machine = await this.#parts.machineOf(id, image.name, image, shape, layerId, shape.nic);
    const record: TemplateRecord = {
      ...shape,
      id,
      imageName: image.name,
      state: "building",
      createdAt: now,
      usedAt: now,
      machine: machine.machine,
      layer: layerId,
      diskSize: image.size,
      stored: 0,
      stateFile: join(folder, "state"),
      ramFile: join(folder, "ram"),
      seedFile: join(folder, "seed.qcow2"),
    };
    const layer: Layer = {
      id: layerId,
      path: layerPath(places.layers, layerId),
      format: "qcow2",
      image: image.id,
      createdAt: now,
    };
    const input: BuildInput = {
      template: id,
      machine,
      image: {
        path: image.path,
        format: image.format === "raw" ? "raw" : "qcow2",
        size: image.size,
        cloudInit: image.cloudInit,
      },
    };
    return engine.start(build, input, {
      targets: [`template:${id}`],
      changes: {
        compare: [{ key: imageKey(image.id), revision: found.revision }],
        put: [
          { key: templateKey(id), value: record },
          { key: layerKey(layerId), value: layer },
        ],
      },
    });
  }

  /** After a start of the daemon: templates of another QEMU are stale; those whose RAM is gone are evicted. */
  async open(): Promise<void> {
    const { store, hardware } = this.#parts;
    await this.#endForgottenHolders();
    for (const record of await listTemplates(store)) {
      if (record.state === "building") continue;
      const stale = record.qemu !== hardware.identity || record.layout !== deviceLayout;
      const held = record.holder !== undefined && holdsRam(record.holder, this.#parts.places.run);
      const { holder, ...rest } = record;
      const state = stale ? "stale" : held ? "parked" : "evicted";
      if (state === record.state) continue;
      await store.transact({
        put: [{ key: templateKey(record.id), value: held ? { ...rest, holder, state } : { ...rest, state } }],
      });
    }
  }

  /** Called before operations go on, so what they remember is all that they hold. */
  async #endForgottenHolders(): Promise<void> {
    const { store, places } = this.#parts;
    const operations = (await store.list(operationPrefix)).items.map(({ value }) => value as OperationRecord);
    const holders = [...(await listTemplates(store)), ...operations.map(({ state }) => state)]
      .map((it) => (it as { holder?: ProcessRef }).holder?.pid)
      .filter((pid) => pid !== undefined);
    await endOtherHolders(places.run, new Set(holders));
  }

  async list(): Promise<Schemas["Template"][]> {
    const guests = await listGuests(this.#parts.store);
    return (await listTemplates(this.#parts.store)).map((record) => toTemplate(record, guests));
  }

  async buildFor(
    body: Schemas["TemplateBuild"],
    defaults: { cpus: number; memory: number },
  ): Promise<Operation> {
    const found = await findImage(this.#parts.store, body.image);
    if (firmwareFor(found.image) === "uefi") {
      const what = `A template of ${found.image.name}`;
      throw new LodgeError("api.unsupported", { what, reason: "it starts by UEFI, templates by BIOS" });
    }
    const shape = await this.shape(
      found.image.id,
      body.cpus ?? defaults.cpus,
      body.memory ?? defaults.memory,
      "default",
    );
    return (await this.build(found, shape)).operation;
  }

  async remove(ref: string): Promise<Operation> {
    const all = await listTemplates(this.#parts.store);
    const record = all.find(({ id, imageName }) => id === ref || imageName === ref);
    if (!record) throw new LodgeError("template.not_found", { template: ref });
    const started = await this.#parts.engine.start(
      this.#parts.remove,
      { template: record.id },
      { targets: [`template:${record.id}`] },
    );
    return started.operation;
  }
}
