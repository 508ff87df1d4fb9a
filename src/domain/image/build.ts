/** `image build`: makes an image from a recipe, unless there is one of that very recipe already. */
import { defaultProject } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { defineMaking, type MakeParts } from "./make.ts";
import { ownImage } from "./record.ts";
import type { ImageTools } from "./tools.ts";

export type BuildInput = Schemas["ImageBuild"] & { readonly project?: string };

export const defineBuild = (parts: MakeParts, tools: Pick<ImageTools, "recipe" | "build">) =>
  defineMaking<BuildInput>(parts, {
    kind: "image.build",
    async plan(input) {
      const { digest } = await tools.recipe(input.recipe);
      const name = input.name ?? input.recipe;
      const { project = defaultProject, shared } = input;
      const source = { recipe: input.recipe, digest };
      const present = (await ownImage(parts.store, project, name))?.image;
      if (!present) return { name, project, shared, source };
      const from = present.source;
      if (!("recipe" in from) || from.recipe !== input.recipe)
        throw new LodgeError("image.name_taken", { name });
      if (from.digest === digest && !input.rebuild) return { image: present.id };
      return { name, project, shared, source, replaces: present.id };
    },
    make: (input, place) => tools.build(input.recipe, place),
  });
