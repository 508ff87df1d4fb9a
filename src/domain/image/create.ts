/** `image create`: makes an image of a stopped guest's disk. The operation holds the guest while it reads. */
import { defineMaking, requireFreeName, type MakeParts } from "./make.ts";
import type { ImageGuests, ImageTools } from "./tools.ts";

export interface CreateInput {
  /** The guest's id. */
  readonly guest: string;
  readonly name: string;
}

export const defineCreate = (
  parts: MakeParts,
  tools: Pick<ImageTools, "flatten">,
  guests: Pick<ImageGuests, "source">,
) =>
  defineMaking<CreateInput>(parts, {
    kind: "image.create",
    async plan({ guest, name }) {
      await requireFreeName(parts.store, name);
      return { name, source: { guest } };
    },
    // Asked again: before this operation held the guest, it may have been started.
    make: async ({ guest }, place) => tools.flatten(await guests.source(guest), place),
  });
