/** `image pull`: downloads a disk image or ISO and takes it in. */
import type { Schemas } from "#contract/schemas";
import { nameFromFile } from "./import.ts";
import { defineMaking, requireFreeName, type MakeParts } from "./make.ts";
import type { ImageTools } from "./tools.ts";

export type PullInput = Schemas["ImagePull"];

export const pullName = (input: PullInput): string => input.name ?? nameFromFile(new URL(input.url).pathname);

export const definePull = (parts: MakeParts, tools: Pick<ImageTools, "download">) =>
  defineMaking<PullInput>(parts, {
    kind: "image.pull",
    async plan(input) {
      const name = pullName(input);
      await requireFreeName(parts.store, name);
      return { name, source: { url: input.url } };
    },
    async make({ url, sha256, agent }, place) {
      const made = await tools.download({ url, ...(sha256 && { sha256 }) }, place);
      return agent === undefined ? made : { ...made, agent };
    },
  });
