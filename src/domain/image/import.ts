/** `image import`: takes a disk image or ISO file of the host in, by its content and not by its name. */
import { basename } from "node:path";
import type { Schemas } from "#contract/schemas";
import { defineMaking, requireFreeName, type MakeParts } from "./make.ts";
import type { ImageTools } from "./tools.ts";

export type ImportInput = Schemas["ImageImport"];

/** A name from a file's or an address's last part: "Fedora-41.x86_64.qcow2" becomes "fedora-41.x86_64". */
export function nameFromFile(file: string): string {
  const stem = basename(file).replace(/\.(qcow2|qcow|raw|img|vmdk|vhdx?|vdi|iso)$/i, "");
  const name = stem
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "");
  return name.slice(0, 63) || "image";
}

export const importName = (input: ImportInput): string => input.name ?? nameFromFile(input.path);

export const defineImport = (parts: MakeParts, tools: Pick<ImageTools, "import">) =>
  defineMaking<ImportInput>(parts, {
    kind: "image.import",
    async plan(input) {
      const name = importName(input);
      await requireFreeName(parts.store, name);
      return { name, source: { file: input.path } };
    },
    async make({ path, sha256, agent }, place) {
      const made = await tools.import({ path, ...(sha256 && { sha256 }) }, place);
      return agent === undefined ? made : { ...made, agent };
    },
  });
