/** Why no guest can fork from a template any more, though it is whole. */
import { isSuperseded, type ImageRecord } from "../image/record.ts";
import type { Shape } from "./record.ts";

/** What templates are made with now. */
export interface Surroundings {
  readonly qemu: string;
  readonly layout: number;
  readonly nic: Shape["nic"];
  /** Undefined: not proved since this boot of the host. */
  readonly accelerator: Shape["accelerator"] | undefined;
  /** Images that can be used, by their ids. */
  readonly images: ReadonlyMap<string, Pick<ImageRecord, "id" | "name">>;
}

/** Undefined: it is as good as new. */
export function staleness(shape: Shape, now: Surroundings): string | undefined {
  const image = now.images.get(shape.image);
  if (!image) return "its image is gone";
  if (isSuperseded(image)) return "its image was rebuilt";
  if (shape.qemu !== now.qemu) return "QEMU was changed";
  if (shape.layout !== now.layout) return "the machine's layout was changed";
  if (shape.nic !== now.nic) return "the network is of another kind";
  if (now.accelerator !== undefined && shape.accelerator !== now.accelerator)
    return "the accelerator is another";
  return undefined;
}
