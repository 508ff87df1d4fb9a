/** `image import`: takes a disk image or ISO file of the host in, by its content and not by its name. */
import { basename } from "node:path";
import { defaultProject } from "#contract/access";
import { imageNameOf } from "#contract/image-name";
import type { Schemas } from "#contract/schemas";
import { defineMaking, requireFreeName, type MakeParts } from "./make.ts";
import type { ImageTools } from "./tools.ts";

/** A file that was sent here: it is used up, and so is what the store has under `key`. */
interface Staged {
  /** What its sender calls it. */
  readonly file: string;
  readonly key: string;
}

export type ImportInput = Schemas["ImageImport"] & { readonly project?: string; readonly staged?: Staged };
export type StagedImport = ImportInput & { readonly staged: Staged };

/** A name from a file's or an address's last part. */
export const nameFromFile = (file: string): string => imageNameOf(basename(file));

export const importName = (input: ImportInput): string =>
  input.name ?? nameFromFile(input.staged?.file ?? input.path);

export const defineImport = (parts: MakeParts, tools: Pick<ImageTools, "import">) =>
  defineMaking<ImportInput>(parts, {
    kind: "image.import",
    async plan(input) {
      const name = importName(input);
      const { project = defaultProject } = input;
      await requireFreeName(parts.store, project, name);
      return { name, project, source: { file: input.staged?.file ?? input.path } };
    },
    async make({ path, sha256, agent, desktop, staged }, place) {
      const source = { path, ...(sha256 && { sha256 }), ...(staged && { staged: staged.file }) };
      const made = await tools.import(source, place);
      return {
        ...made,
        ...(agent === undefined ? {} : { agent }),
        ...(desktop === undefined ? {} : { desktop }),
      };
    },
    usesUp: ({ path, staged }) => (staged ? { keys: [staged.key], files: [path] } : { keys: [], files: [] }),
  });
