/** Which guests use a template, and what of it. */
import type { GuestRecord } from "../guest/record.ts";
import type { Layer } from "../volume/layer.ts";
import type { TemplateRecord } from "./record.ts";

export interface Users {
  /** Guests that use it in any way: whose disks stand on its layer, or that map its RAM. */
  readonly guests: number;
  /** Guests that map its RAM, or will in a moment. */
  readonly mapped: number;
  /** Guests that are being made of it, and may read its files. */
  readonly starting: number;
}

const isStarting = ({ state, origin }: GuestRecord, template: string): boolean =>
  state === "creating" && origin.how === "fork" && origin.template === template;

const mapsRam = ({ process }: GuestRecord, template: string): boolean =>
  process?.ram.kind === "template" && process.ram.template === template;

/** Does a guest that was so and is so now, or is gone, use less of a template than before? Of which one? */
export function letGoOf(before: GuestRecord | undefined, after: GuestRecord | undefined): string | undefined {
  const template = before?.origin.template;
  if (before === undefined || template === undefined) return undefined;
  if (after === undefined) return template;
  const less =
    (mapsRam(before, template) && !mapsRam(after, template)) ||
    (isStarting(before, template) && !isStarting(after, template));
  return less ? template : undefined;
}

/** The users of each template, by its id. */
export function usersOf(
  templates: readonly Pick<TemplateRecord, "id" | "layer">[],
  guests: readonly GuestRecord[],
  layers: readonly Layer[],
): ReadonlyMap<string, Users> {
  const below = new Map(layers.map((layer) => [layer.id, layer.below]));
  const stoodOn = guests.map(({ disks }) => {
    const reached = new Set<string>();
    for (const { layer } of disks) {
      for (let id: string | undefined = layer; id !== undefined && !reached.has(id); id = below.get(id))
        reached.add(id);
    }
    return reached;
  });
  return new Map(
    templates.map(({ id, layer }) => {
      const starting = guests.filter((guest) => isStarting(guest, id));
      const mapping = guests.filter((guest) => mapsRam(guest, id) && !starting.includes(guest));
      const standing = guests.filter((_, at) => stoodOn[at]!.has(layer));
      return [
        id,
        {
          guests: new Set([...standing, ...mapping, ...starting]).size,
          mapped: mapping.length + starting.length,
          starting: starting.length,
        },
      ];
    }),
  );
}
