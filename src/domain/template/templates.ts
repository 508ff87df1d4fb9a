/** The templates of this host: which one a guest can fork from, and how new ones are begun. */
import { defaultProject } from "#contract/access";
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import type { Log } from "#base/log";
import type { ProcessRef } from "#base/process";
import type { OperationEngine, Started } from "#durable/operation/engine";
import { operationPrefix, type OperationRecord } from "#durable/operation/record";
import { endOtherHolders, holdsRam } from "#hypervisor/memory/held-ram";
import type { EventLog } from "../host/events.ts";
import { defaults, usual } from "../guest/compose.ts";
import type { LaunchParts } from "../guest/launch.ts";
import { deviceLayout } from "../guest/machine.ts";
import type { GuestRecord } from "../guest/record.ts";
import {
  findImage,
  imageById,
  imageProject,
  firmwareFor,
  imageKey,
  imageNamed,
  isSuperseded,
  readyImages,
  type FoundImage,
} from "../image/record.ts";
import { defaultNetwork } from "../network/record.ts";
import { stays } from "../project/record.ts";
import { layerKey } from "../volume/layer.ts";
import { budgetSetting, changeBudget, currentBudget } from "./budget-setting.ts";
import type { BuildInput, defineBuild } from "./build.ts";
import { expectedSize, type Size } from "./expected.ts";
import { planTemplate, type PlanParts } from "./plan.ts";
import {
  fits,
  listTemplates,
  templateById,
  templateKey,
  templatePrefix,
  type FoundTemplate,
  type Shape,
  type TemplateRecord,
} from "./record.ts";
import type { defineTemplateRemove } from "./remove.ts";
import { toTemplate } from "./shown.ts";
import type { Surroundings } from "./staleness.ts";
import type { Stock } from "./stock.ts";
import { isHeld, refilledBytes, survey } from "./survey.ts";

export interface TemplatesParts extends LaunchParts, PlanParts {
  readonly engine: Pick<OperationEngine, "start">;
  readonly events: Pick<EventLog, "append">;
  readonly stock: Stock;
  readonly build: ReturnType<typeof defineBuild>;
  readonly remove: ReturnType<typeof defineTemplateRemove>;
  /** Called when a build has ended. */
  readonly onBuilt: () => void;
  /** @throws LodgeError guest.memory_unavailable */
  readonly requireMemory: (machine: GuestRecord) => Promise<void>;
  readonly log: Log;
}

/** Can an image be parked: has it what a fork needs to become itself, and is it the one of its name? */
const canPark = ({ image }: FoundImage): boolean =>
  image.kind === "disk" && image.agent === "lodge" && firmwareFor(image) === "bios" && !isSuperseded(image);

/** What a guest's shape comes from. */
type Wish = Pick<Shape, "project" | "image" | "cpus" | "memory" | "sound" | "monitors">;

export class Templates {
  readonly #parts: TemplatesParts;
  /** Builds under way, by the shape's key. */
  readonly #building = new Map<string, Promise<Started>>();
  /** What templates took that did not fit, by image and memory: the next is not booted in vain. */
  readonly #measured = new Map<string, Size>();
  /** As it was last seen: proving it takes a boot, which upkeep is not worth. */
  #accelerator: Shape["accelerator"] | undefined;

  constructor(parts: TemplatesParts) {
    this.#parts = parts;
  }

  /** What a guest's shape has to be equal to. */
  async shape(wish: Wish): Promise<Shape> {
    const { hardware } = this.#parts;
    this.#accelerator = await hardware.accelerator();
    return {
      ...wish,
      nic: await this.#nic(),
      accelerator: this.#accelerator,
      qemu: hardware.identity,
      layout: deviceLayout,
    };
  }

  async #nic(): Promise<Shape["nic"]> {
    return (await this.#parts.networks.byName(defaultNetwork, defaultProject)).kind === "nat"
      ? "tap"
      : "user";
  }

  async find(shape: Shape): Promise<FoundTemplate | undefined> {
    const { items } = await this.#parts.store.list(templatePrefix);
    for (const { value, revision } of items) {
      const template = value as TemplateRecord;
      if ((template.state === "parked" || template.state === "evicted") && fits(template, shape))
        return { template, revision };
    }
    return undefined;
  }

  /** Bytes of memory that a fork has to wait for; undefined: the budget does not allow them. 0: it is there. */
  async refill(template: TemplateRecord): Promise<number | undefined> {
    if (isHeld(template)) return 0;
    const resident = await refilledBytes(template);
    const { id, stored } = template;
    return (await this.#parts.stock.admits({ id, resident, stored })) ? resident : undefined;
  }

  /** Is a template of this shape being built? */
  isBuilding(shape: Shape): boolean {
    return this.#building.has(JSON.stringify(shape));
  }

  /** Why one of this shape is not parked for guests to come; undefined where it may be. */
  async hindrance(found: FoundImage, shape: Shape): Promise<string | undefined> {
    if (isSuperseded(found.image)) return "its image was rebuilt, and no templates are made of the old one";
    if (await this.#parts.stock.admits(await this.#expected(found, shape.memory))) return undefined;
    return "no template of its shape is parked, and there is no room for one in their budget";
  }

  /**
   * Boots and parks a template; one of this shape that is being built already is taken instead.
   *
   * @throws LodgeError template.budget, guest.memory_unavailable.
   */
  async build(found: FoundImage, shape: Shape): Promise<Started> {
    const key = JSON.stringify(shape);
    const running = this.#building.get(key);
    if (running) return running;
    const begun = this.#begin(found, shape);
    this.#building.set(key, begun);
    const forget = () => void this.#building.delete(key);
    begun
      .then(({ completion }) => completion)
      .finally(forget)
      .then(this.#parts.onBuilt, () => undefined);
    return begun;
  }

  /** Where nobody asked for it: why there is none is an event. */
  async parkSoon(found: FoundImage, shape: Shape): Promise<Started | undefined> {
    try {
      if (!canPark(found) || (await this.find(shape))) return undefined;
      return await this.build(found, shape);
    } catch (error) {
      const { message } = asLodgeError(error);
      this.#parts.log.warn({ err: error, image: found.image.name }, "a template could not be built");
      const words = `no template of ${found.image.name} is parked: ${message}`;
      const { project } = shape;
      this.#parts.events.append({ kind: "template.not_parked", message: words, project });
      return undefined;
    }
  }

  /** The image's usual shape, as soon as the image is there. */
  async parkUsual(image: string): Promise<Started | undefined> {
    const found = await imageById(this.#parts.store, image);
    if (!canPark(found)) return undefined;
    return this.parkSoon(found, await this.#usual(found, imageProject(found.image)));
  }

  /** Another of the same shape, of the image that has the name now. */
  async succeed(old: TemplateRecord): Promise<Started | undefined> {
    const { imageName, cpus, memory, sound = false, monitors = 1, project } = old;
    const found = await imageNamed(this.#parts.store, project, imageName);
    if (!found) return undefined;
    const wish = { image: found.image.id, cpus, memory, sound, monitors, project };
    return this.parkSoon(found, await this.shape(wish));
  }

  /** Of a guest that asks for nothing, or for what is given. */
  #usual({ image }: FoundImage, project: string, asked: Partial<Wish> = {}): Promise<Shape> {
    const wish = { ...defaults, sound: false, monitors: 1, ...usual(image, this.#parts.hardware), ...asked };
    const { cpus, memory, sound, monitors } = wish;
    return this.shape({ image: image.id, cpus, memory, sound, monitors, project });
  }

  async #expected({ image }: FoundImage, memory: number): Promise<Size> {
    const known = this.#measured.get(measure(image.name, memory));
    return known ?? expectedSize(image.name, memory, await listTemplates(this.#parts.store));
  }

  /** Makes room for one that is parked but not published. @throws LodgeError template.budget */
  async fit({ id, imageName, memory }: TemplateRecord, size: Size): Promise<void> {
    const key = measure(imageName, memory);
    try {
      await this.#parts.stock.makeRoom({ id, ...size });
      this.#measured.delete(key);
    } catch (error) {
      if (hasCode(error, "template.budget")) this.#measured.set(key, size);
      throw error;
    }
  }

  async #begin(found: FoundImage, shape: Shape): Promise<Started> {
    const { engine, build, stock, requireMemory, pass } = this.#parts;
    const size = await this.#expected(found, shape.memory);
    const { record, layer, machine } = await planTemplate(this.#parts, found.image, shape, size);
    const { path, size: diskSize, cloudInit, desktop = false } = found.image;
    const format = found.image.format === "raw" ? "raw" : "qcow2";
    const image = { path, format, size: diskSize, cloudInit, desktop } as const;
    const input: BuildInput = { template: record.id, machine, image };
    const options = {
      targets: [`template:${record.id}`],
      project: shape.project,
      changes: {
        compare: [
          ...(await stays(this.#parts.store, shape.project)),
          { key: imageKey(found.image.id), revision: found.revision },
        ],
        put: [
          { key: templateKey(record.id), value: record },
          { key: layerKey(layer.id), value: layer },
        ],
      },
    };
    const demand = {
      subject: `A template of ${found.image.name}`,
      project: shape.project,
      adds: { templates: 1, memory: size.resident, disk: size.stored },
      runs: { memory: shape.memory, cpus: 0 },
    };
    return pass(demand, async () => {
      await stock.makeRoom(size);
      await requireMemory(machine);
      return engine.start(build, input, options);
    });
  }

  /** After a start of the daemon: those whose RAM is gone are evicted. */
  async open(): Promise<void> {
    const { store, places } = this.#parts;
    await this.#endForgottenHolders();
    for (const record of await listTemplates(store)) {
      const { holder, ...rest } = record;
      // After a reboot of the host its process may be anybody.
      const held = holder !== undefined && holdsRam(holder, places.run);
      const resting = record.state === "parked" || record.state === "evicted";
      const state = resting ? (held ? "parked" : "evicted") : record.state;
      if (state === record.state && (held || !holder)) continue;
      const value = { ...rest, ...(held ? { holder } : {}), state };
      await store.transact({ put: [{ key: templateKey(record.id), value }] });
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

  /** What templates are made with now. */
  async surroundings(): Promise<Surroundings> {
    const images = await readyImages(this.#parts.store);
    return {
      qemu: this.#parts.hardware.identity,
      layout: deviceLayout,
      nic: await this.#nic(),
      accelerator: this.#accelerator,
      images: new Map(images.map((image) => [image.id, image])),
    };
  }

  async list(): Promise<Schemas["Template"][]> {
    return (await survey(this.#parts.store)).map(toTemplate);
  }

  async buildFor(body: Schemas["TemplateBuild"], project: string): Promise<Operation> {
    const found = await findImage(this.#parts.store, body.image, project);
    if (firmwareFor(found.image) === "uefi") {
      const what = `A template of ${found.image.name}`;
      throw new LodgeError("api.unsupported", { what, reason: "it starts by UEFI, templates by BIOS" });
    }
    const { image: _image, ...asked } = body;
    return (await this.build(found, await this.#usual(found, project, asked))).operation;
  }

  async remove(ref: string): Promise<Operation> {
    const record = await templateById(this.#parts.store, ref);
    const started = await this.#parts.engine.start(
      this.#parts.remove,
      { template: record.id },
      { targets: [`template:${record.id}`], project: record.project },
    );
    return started.operation;
  }

  async budget(): Promise<Schemas["TemplateBudget"]> {
    const { store, places } = this.#parts;
    const [budget, setting, kept] = await Promise.all([
      currentBudget(store, places.templates),
      budgetSetting(store),
      survey(store),
    ]);
    const taken = (of: "resident" | "stored") => kept.reduce((sum, one) => sum + one[of], 0);
    return {
      memory: { limit: budget.memory, taken: taken("resident"), chosen: setting.memory !== undefined },
      disk: { limit: budget.disk, taken: taken("stored"), chosen: setting.disk !== undefined },
    };
  }

  async changeBudget(body: Schemas["TemplateBudgetUpdate"]): Promise<Schemas["TemplateBudget"]> {
    const { store, stock } = this.#parts;
    await changeBudget(store, body);
    await stock.enforce();
    return this.budget();
  }
}

const measure = (image: string, memory: number): string => `${image} ${memory}`;
