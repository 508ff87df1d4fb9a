/** What a template is to be, before anything of it is made. */
import { join } from "node:path";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { Places } from "../guest/place.ts";
import type { GuestRecord } from "../guest/record.ts";
import type { ImageRecord } from "../image/record.ts";
import { layerPath, type Layer } from "../volume/layer.ts";
import type { Size } from "./expected.ts";
import type { Shape, TemplateRecord } from "./record.ts";

export interface PlanParts {
  readonly places: Places;
  readonly clock: Clock;
  /** The machine that is booted, as a guest's record with an identity that is nobody's. */
  readonly machineOf: (
    id: string,
    name: string,
    image: ImageRecord,
    shape: Pick<Shape, "project" | "cpus" | "memory" | "sound" | "monitors">,
    layer: string,
    nic: Shape["nic"],
  ) => Promise<GuestRecord>;
}

export interface TemplatePlan {
  readonly record: TemplateRecord;
  readonly layer: Layer;
  readonly machine: GuestRecord;
}

export async function planTemplate(
  { places, clock, machineOf }: PlanParts,
  image: ImageRecord,
  shape: Shape,
  expected: Size,
): Promise<TemplatePlan> {
  const id = newId("t");
  const layerId = newId("l");
  const folder = join(places.templates, id);
  const now = new Date(clock.now()).toISOString();
  const machine = await machineOf(id, image.name, image, shape, layerId, shape.nic);
  const path = layerPath(places.layers, layerId);
  return {
    machine,
    layer: { id: layerId, path, format: "qcow2", image: image.id, createdAt: now },
    record: {
      ...shape,
      ...expected,
      id,
      imageName: image.name,
      state: "building",
      createdAt: now,
      usedAt: now,
      machine: machine.machine,
      layer: layerId,
      diskSize: image.size,
      stateFile: join(folder, "state"),
      ramFile: join(folder, "ram"),
      seedFile: join(folder, "seed.qcow2"),
    },
  };
}
