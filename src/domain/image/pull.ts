/** `image pull`: downloads a disk image or ISO and takes it in. */
import { defaultProject } from "#contract/access";
import type { Schemas } from "#contract/schemas";
import { isSealed, openSecret, sealSecret, type SealKey } from "#durable/store/seal";
import { plainUrl } from "#hypervisor/image/download";
import { nameFromFile } from "./import.ts";
import { defineMaking, requireFreeName, type MakeParts } from "./make.ts";
import type { ImageTools } from "./tools.ts";

/** With the address sealed while it is downloaded from: it may hold what lets its owner in. */
export type PullInput = Schemas["ImagePull"] & { readonly project?: string };

/** What seals it, besides the key. */
const context = "image.pull";

export const pullName = (body: Schemas["ImagePull"]): string =>
  body.name ?? nameFromFile(new URL(body.url).pathname);

export const pullInput = (body: Schemas["ImagePull"], project: string, key: SealKey): PullInput => ({
  ...body,
  project,
  name: pullName(body),
  url: sealSecret(key, body.url, context),
});

export interface PullParts extends MakeParts {
  readonly key: SealKey;
}

export const definePull = (parts: PullParts, tools: Pick<ImageTools, "download">) => {
  // An earlier version did not seal it.
  const addressOf = (url: string) => (isSealed(url) ? openSecret(parts.key, url, context) : url);
  return defineMaking<PullInput>(parts, {
    kind: "image.pull",
    async plan(input) {
      const url = addressOf(input.url);
      const name = pullName({ ...input, url });
      const { project = defaultProject } = input;
      await requireFreeName(parts.store, project, name);
      return { name, project, source: { url: plainUrl(url) } };
    },
    async make({ url, sha256, agent }, place) {
      const made = await tools.download({ url: addressOf(url), ...(sha256 && { sha256 }) }, place);
      return agent === undefined ? made : { ...made, agent };
    },
  });
};
