/**
 * `run`: a new guest. It forks where a template of its shape is parked, waits for one that is being built,
 * or boots; which, and why, is said in its record and its events.
 */
import { stat } from "node:fs/promises";
import { hasCode, LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import { defaultPool } from "#contract/schema/pool";
import type { Schemas } from "#contract/schemas";
import { newId } from "#base/ids";
import type { Log } from "#base/log";
import type { OperationEngine } from "#durable/operation/engine";
import type { Transaction } from "#durable/store/store";
import { inspect } from "#hypervisor/disk/inspect";
import type { EventLog } from "../host/events.ts";
import { requireFirewalls } from "../firewall/record.ts";
import { compose, defaults, firmwareOf, usual, type ComposeParts } from "../guest/compose.ts";
import type { CreateInput, defineCreate } from "../guest/create.ts";
import type { LaunchParts } from "../guest/launch.ts";
import { toMake } from "../guest/demands.ts";
import { requireAvailable } from "../guest/ha.ts";
import { requireKept } from "../guest/limits.ts";
import { newDisks, usualBus, type Beginning } from "../guest/new-disks.ts";
import { guestKey, guestNameKey, guestTarget, type GuestRecord, type RecordedDisk } from "../guest/record.ts";
import { newShares } from "../guest/share/shares.ts";
import { findImage, imageKey, usableImage, type FoundImage, type ImageRecord } from "../image/record.ts";
import { defaultNetwork, networksStay } from "../network/record.ts";
import { findProject, stays } from "../project/record.ts";
import { layerKey, layerPath, type Layer, type LayerSource } from "../volume/layer.ts";
import { requirePool, type PoolRecord } from "../volume/pool.ts";
import {
  templateKey,
  templateUseKey,
  type FoundTemplate,
  type Shape,
  type TemplateRecord,
} from "./record.ts";
import type { Templates } from "./templates.ts";

type Body = Schemas["GuestCreate"];

export interface RunParts extends LaunchParts, ComposeParts {
  readonly engine: Pick<OperationEngine, "start">;
  readonly create: ReturnType<typeof defineCreate>;
  readonly templates: Templates;
  readonly events: EventLog;
  readonly log: Log;
  /** Part of the transaction that promises so many bytes of a pool. @throws LodgeError pool.not_found, pool.quota */
  readonly promise: (pool: string, bytes: number) => Promise<Required<Pick<Transaction, "compare" | "put">>>;
  /** `refill`: bytes needed once besides. @throws LodgeError guest.memory_unavailable */
  readonly requireMemory: (record: GuestRecord, refill: number) => Promise<void>;
  /** Asked when it is its turn. @throws LodgeError placement.not_here */
  readonly requireCompany: (record: GuestRecord) => Promise<void>;
}

/** Fork from this template, or boot for this reason. */
type Way =
  | (FoundTemplate & {
      /** Bytes of memory that have to be read back first. */
      readonly refill: number;
    })
  | {
      readonly reason: string;
      readonly park?: Shape;
      readonly building?: Shape;
    };

/** What a guest gets that nobody asks for by the API. */
export interface Making {
  readonly id: string;
  /** Of its record. */
  readonly has: Partial<Pick<GuestRecord, "desktop" | "clipboard" | "fileDrop">>;
  /** What is written down with it, asked for anew where that was in conflict. What it throws ends the run. */
  readonly with: () => Promise<Required<Pick<Transaction, "compare" | "put">>>;
}

/** Whose and what a guest is to be. */
interface Naming {
  readonly id: string;
  readonly name: string;
  readonly project: string;
}

/** Why a guest asked for like this cannot be forked; undefined where it can. */
export function obstacle(
  body: Body,
  image: Pick<ImageRecord, "agent" | "firmware"> | undefined,
): string | undefined {
  if (!image) return "it installs from an ISO";
  if (body.cold) return "a cold boot was asked for";
  if (body.start === false) return "it is not to be started yet";
  if (image.agent !== "lodge") return "its image has no Lodge agent, which gives a fork its identity";
  if (body.iso !== undefined) return "it has an ISO in its drive";
  if (firmwareOf(body, image) === "uefi") return "its firmware is UEFI";
  if (body.tpm) return "it has a TPM";
  if (body.maxCpus !== undefined) return "it has room for more processors";
  if (body.shares?.length) return "it shares a folder of the host";
  if (body.maxMemory !== undefined) return "it has room for more memory";
  const [disk, ...others] = body.disks ?? [];
  if (others.length > 0) return "it has more than one disk";
  if (disk?.bus !== undefined && disk.bus !== usualBus(0)) return `its disk is on ${disk.bus}`;
  if (disk?.format === "raw") return "its disk is a raw copy of the image";
  if (disk?.pool !== undefined && disk.pool !== defaultPool)
    return `its disk is in pool ${disk.pool}, and its template's is not`;
  const [card, ...further] = body.network ?? [defaultNetwork];
  if (card === undefined || further.length > 0) return "it has not one network card, as the template has";
  if (typeof card !== "string" && card.mtu !== undefined) return "its network card tells it an MTU";
  return undefined;
}

/** Where its first card is. */
function networkOf({ network }: Body): string {
  const [card = defaultNetwork] = network ?? [];
  return typeof card === "string" ? card : card.network;
}

export class Runner {
  readonly #parts: RunParts;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  async run(asked: Body, project: string, making?: Making): Promise<Operation> {
    let found = await this.#image(asked, project);
    const body = { ...usual(found?.image, this.#parts.hardware), ...asked };
    const id = making?.id ?? newId("g");
    const name =
      body.name ?? `${(found?.image.name ?? "guest").replace(/[^a-z0-9-]/g, "-")}-${id.slice(1, 5)}`;
    await this.#parts.networks.requirePortsFree(body.publish ?? []);
    for (let attempt = 0; ; attempt++) {
      try {
        const way = await this.#way(body, project, found);
        const operation = await this.#start({ id, name, project }, body, found, way, making);
        // The next guest of this shape forks.
        if (found && "park" in way && way.park) void this.#parts.templates.parkSoon(found, way.park);
        return operation;
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
        if (await this.#parts.store.get(guestNameKey(project, name))) {
          throw new LodgeError("guest.name_taken", { name });
        }
        // Somebody took the same address, or the template or the image changed at this very moment.
        if (attempt === 5) throw error;
        found = await this.#image(body, project);
      }
    }
  }

  /** Resolves when a template for such guests is parked, where one can be. */
  async prepare(asked: Body, project: string): Promise<void> {
    const found = await this.#image(asked, project);
    if (!found) return;
    const way = await this.#way({ ...usual(found.image, this.#parts.hardware), ...asked }, project, found);
    const shape = "reason" in way ? (way.park ?? way.building) : undefined;
    if (!shape) return;
    const started = await this.#parts.templates.build(found, shape);
    const { error } = await started.completion;
    if (error) throw LodgeError.fromProblem(error);
  }

  async #image(body: Body, project: string): Promise<FoundImage | undefined> {
    const { store } = this.#parts;
    if (body.image === undefined) {
      if (body.iso === undefined)
        throw new LodgeError("api.invalid", { field: "image", reason: "an image or an ISO is needed" });
      return undefined;
    }
    const found = await usableImage(store, body.image, project);
    if (found.image.kind === "iso")
      throw new LodgeError("api.invalid", {
        field: "image",
        reason: `${body.image} is an ISO; give it as iso`,
      });
    return found;
  }

  async #way(body: Body, project: string, found: FoundImage | undefined): Promise<Way> {
    const hindrance = obstacle(body, found?.image);
    if (hindrance !== undefined || !found) return { reason: hindrance ?? "it has no image" };
    const { templates, networks } = this.#parts;
    const { cpus, memory, sound = false, monitors = 1 } = { ...defaults, ...body };
    const shape = await templates.shape({ image: found.image.id, cpus, memory, sound, monitors, project });
    const network = networkOf(body);
    // The default one is what templates are made for, and may not be there yet.
    if (network !== defaultNetwork) {
      const { kind } = await networks.byName(network, project);
      if ((kind === "user") !== (shape.nic === "user"))
        return { reason: "its network is of another kind than the template's" };
    }
    const parked = await templates.find(shape);
    if (parked) {
      const refill = await templates.refill(parked.template);
      if (refill !== undefined) return { ...parked, refill };
      return { reason: "its template is not in memory, and has no room in the templates' budget" };
    }
    if (templates.isBuilding(shape))
      return { reason: "a template of its shape is just being parked", building: shape };
    const unparked = await templates.hindrance(found, shape);
    if (unparked !== undefined) return { reason: unparked };
    return { reason: "no template of its shape was parked yet; one is being made", park: shape };
  }

  async #start(
    { id, name, project }: Naming,
    body: Body,
    found: FoundImage | undefined,
    way: Way,
    making?: Making,
  ): Promise<Operation> {
    const { networks, places, engine, create, clock, events, pass } = this.#parts;
    const template = "template" in way ? way.template : undefined;
    const createdAt = new Date(clock.now()).toISOString();
    const beginning = this.#beginning(template, found);
    const encrypted = body.encrypted ?? (await findProject(this.#parts.store, project)).project.encrypted;
    const keys = encrypted ? this.#parts.diskKeys : undefined;
    const newKey = keys ? { newKey: (layer: string) => keys.make(layer) } : {};
    const where = { folder: places.layers, createdAt, pools: await this.#pools(body), ...newKey };
    const { disks, layers, sources } = newDisks(body.disks ?? [{}], beginning, defaults.disk, where);
    const nics = await Promise.all(
      (body.network ?? [defaultNetwork]).map((wish, i) => networks.newNic(`nic${i}`, wish, project)),
    );
    if (body.firewalls) await requireFirewalls(this.#parts.store, project, body.firewalls);
    const shares = await newShares(this.#parts, body.shares ?? [], { name });
    const nvramId = firmwareOf(body, found?.image) === "uefi" ? newId("l") : undefined;
    const record = await compose(this.#parts, {
      id,
      name,
      project,
      body,
      nics,
      image: found?.image,
      disks,
      ownMemory: !template,
      shares,
      ...(nvramId === undefined ? {} : { nvram: nvramId }),
      origin: {
        how: template ? "fork" : "boot",
        ...(found ? { image: found.image.name } : {}),
        ...(template ? { template: template.id } : {}),
        ...("reason" in way ? { reason: way.reason } : {}),
      },
    });
    const machine = template?.machine ?? record.machine;
    const forked: GuestRecord = { ...record, machine, ...making?.has };
    requireKept(forked, this.#parts.groups);
    const nvram = nvramId === undefined ? undefined : this.#nvram(nvramId, body, found?.image, createdAt);
    const all = [...layers, ...(nvram ? [nvram.layer] : [])];
    if (forked.ha) await requireAvailable(this.#parts, forked, all);
    const promised = await this.#promises(body, disks);
    const beside = await making?.with();
    const input: CreateInput = {
      guest: id,
      layers: [...sources, ...(nvram ? [nvram.source] : [])],
      start: body.start ?? true,
      wait: body.wait ?? (body.userData === undefined ? "identity" : "cloud-init"),
      grow: beginning !== undefined && disks[0]!.size > beginning.size,
      media: await this.#media(body, project),
      ...(template ? { template: template.id } : {}),
    };
    const claims = networks.claims({ id, project }, nics);
    const options = {
      targets: [guestTarget(id)],
      project,
      changes: {
        compare: [
          ...(await stays(this.#parts.store, project)),
          { key: guestNameKey(project, name), revision: "absent" as const },
          ...claims.map(({ key }) => ({ key, revision: "absent" as const })),
          ...promised.flatMap(({ compare }) => compare),
          ...(await networksStay(this.#parts.store, project, nics)),
          ...(beside?.compare ?? []),
          ...(found && !template ? [{ key: imageKey(found.image.id), revision: found.revision }] : []),
          // One that was retired or evicted since then is looked for again.
          ...("template" in way ? [{ key: templateKey(way.template.id), revision: way.revision }] : []),
        ],
        put: [
          { key: guestKey(id), value: forked },
          { key: guestNameKey(project, name), value: id },
          ...all.map((layer) => ({ key: layerKey(layer.id), value: layer })),
          ...claims,
          ...promised.flatMap(({ put }) => put),
          ...(beside?.put ?? []),
          ...(template ? [{ key: templateUseKey(template.id), value: { at: createdAt } }] : []),
        ],
      },
    };
    const started = await pass(toMake(forked, { starts: input.start }), async () => {
      await this.#parts.requireCompany(forked);
      await this.#parts.requireMemory(forked, "refill" in way ? way.refill : 0);
      return engine.start(create, input, options);
    });
    const how = template ? `forks from template ${template.id}` : `boots: ${record.origin.reason ?? ""}`;
    events.append({ kind: "guest.created", guest: record, message: `${name} ${how}` });
    return started.operation;
  }

  /** @throws LodgeError pool.not_found, pool.unusable */
  async #pools({ disks = [] }: Body): Promise<Map<string, PoolRecord>> {
    const { store, places } = this.#parts;
    const names = new Set(disks.flatMap(({ pool }) => pool ?? []));
    const pools = [...names].map((name) => requirePool(store, places.layers, name));
    return new Map((await Promise.all(pools)).map((pool) => [pool.name, pool]));
  }

  /** Of each pool that its disks name, all that it gets there. @throws LodgeError pool.quota */
  #promises({ disks = [] }: Body, made: readonly Pick<RecordedDisk, "size">[]) {
    const bytes = new Map<string, number>();
    for (const [at, { pool }] of disks.entries())
      if (pool !== undefined) bytes.set(pool, (bytes.get(pool) ?? 0) + made[at]!.size);
    return Promise.all([...bytes].map(([pool, size]) => this.#parts.promise(pool, size)));
  }

  #beginning(template: TemplateRecord | undefined, found: FoundImage | undefined): Beginning | undefined {
    if (template) {
      // Not looked for: what is gone by now, the transaction that records the fork finds out.
      const path = layerPath(this.#parts.places.layers, template.layer);
      const below = found ? [found.image.path] : [];
      const file = { path, format: "qcow2", seed: template.seedFile, below } as const;
      return { file, size: template.diskSize, on: { below: template.layer } };
    }
    if (!found) return undefined;
    const { path, format, size, id } = found.image;
    return { file: { path, format: format === "raw" ? "raw" : "qcow2" }, size, on: { image: id } };
  }

  /** A copy, since the files of the package change with its upgrades, and images are removed. */
  #nvram(
    id: string,
    body: Body,
    image: ImageRecord | undefined,
    createdAt: string,
  ): { layer: Layer; source: LayerSource } {
    const { places, hardware } = this.#parts;
    const path = layerPath(places.layers, id);
    const empty = body.secureBoot ? hardware.uefi!.secureVars : hardware.uefi!.vars;
    const known = image?.uefiVariables;
    const fits = known !== undefined && (known.secureBoot || !body.secureBoot);
    return {
      layer: { id, path, format: "qcow2", createdAt },
      source: { kind: "copy", path, format: "qcow2", of: { path: fits ? known.path : empty, format: "raw" } },
    };
  }

  async #media(body: Body, project: string): Promise<Record<string, string>> {
    return body.iso === undefined ? {} : { cd0: await mediumPath(this.#parts, body.iso, project) };
  }
}

/** The file of an ISO: an image's name, or a path on the host. @throws LodgeError image.not_found, image.unreadable, image.unknown_format */
export async function mediumPath(
  { store }: Pick<RunParts, "store">,
  iso: string,
  project: string,
): Promise<string> {
  if (!iso.startsWith("/")) {
    const { image } = await findImage(store, iso, project);
    if (image.kind !== "iso") throw new LodgeError("image.unknown_format", { path: iso });
    return image.path;
  }
  // Of a device the size is not even known, and it may be the host's own disk.
  const isFile = await stat(iso).then(
    (found) => found.isFile(),
    () => true,
  );
  if (!isFile) throw new LodgeError("image.unreadable", { path: iso, reason: "it is not a plain file" });
  const { format } = await inspect(iso);
  if (format !== "iso" && format !== "raw") throw new LodgeError("image.unknown_format", { path: iso });
  return iso;
}
