/** `image create`: makes an image of a stopped guest's disk. The operation holds the guest while it reads. */
import { defaultProject } from "#contract/access";
import { defineMaking, requireFreeName, type MakeParts } from "./make.ts";
import type { ImageGuests, Made } from "./tools.ts";

export interface CreateInput {
  /** The guest's id. */
  readonly guest: string;
  readonly name: string;
  readonly project?: string;
  /** What was installed in it, where that is another one than its image had. */
  readonly agent?: Made["agent"];
}

export const defineCreate = (parts: MakeParts, guests: Pick<ImageGuests, "source" | "flatten">) =>
  defineMaking<CreateInput>(parts, {
    kind: "image.create",
    async plan({ guest, name, project = defaultProject }) {
      await requireFreeName(parts.store, project, name);
      // Asked again: before this operation held the guest, it may have been started.
      return { name, project, source: { guest: (await guests.source(guest)).id } };
    },
    async make({ guest, agent }, place) {
      const made = await guests.flatten(guest, place);
      return agent === undefined ? made : { ...made, agent };
    },
  });
