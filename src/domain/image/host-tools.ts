/** The tools by which this host makes images: recipes, mmdebstrap, downloads, files. */
import { join } from "node:path";
import { convert } from "#hypervisor/disk/convert";
import { rootPlace } from "#hypervisor/image/assemble-disk";
import { buildDebian } from "#hypervisor/image/build-debian";
import { extractKernel } from "#hypervisor/image/kernel";
import {
  listRecipes,
  readRecipe,
  sizeBytes,
  type CloudImageRecipe,
  type DebianRecipe,
} from "#hypervisor/image/recipe";
import { recipeDigest } from "#hypervisor/image/recipe-digest";
import { takeIn } from "./take-in.ts";
import type { GuestDisk, ImageTools, Made, RecipeFacts, Workplace } from "./tools.ts";

export interface HostToolsOptions {
  /** Where the recipes are. */
  readonly recipes: string;
  readonly download: Download;
}

export interface DownloadRequest {
  readonly url: string;
  /** SHA-256 in hexadecimal, or the address of its publisher's list of them. */
  readonly sha256?: string;
  readonly checksumUrl?: string;
  readonly signal: AbortSignal;
  /** 0 to 1; undefined while the size is not known. */
  readonly onProgress: (fraction: number | undefined) => void;
}

/** Answers with the path of the whole file, which is the caller's from then on, and its checked digest. */
export type Download = (request: DownloadRequest) => Promise<{ path: string; sha256?: string }>;

export function hostImageTools({ recipes: folder, download }: HostToolsOptions): ImageTools {
  const facts = async (name: string): Promise<RecipeFacts> => {
    const { recipe, text } = await readRecipe(folder, name);
    return {
      name,
      description: recipe.description,
      kind: recipe.kind,
      digest: await recipeDigest(recipe, text),
    };
  };
  const fetch = async (
    from: Omit<DownloadRequest, "signal" | "onProgress">,
    place: Workplace,
  ): Promise<Made> => {
    const { signal, progress } = place;
    const onProgress = (fraction: number | undefined) =>
      progress(fraction === undefined ? undefined : fraction * 0.7, "Downloading");
    const { path, sha256 } = await download({ ...from, signal, onProgress });
    const rest: Workplace = {
      ...place,
      progress: (fraction, message) =>
        progress(fraction === undefined ? undefined : 0.7 + fraction * 0.3, message),
    };
    const made = await takeIn({ path, owned: true, shownAs: from.url }, rest);
    return sha256 === undefined ? made : { ...made, sha256 };
  };
  return {
    recipes: async () => Promise.all((await listRecipes(folder)).map(facts)),
    recipe: facts,
    async build(name, place) {
      const { recipe } = await readRecipe(folder, name);
      if (recipe.kind === "debian") return debian(recipe, place);
      const { url, sha256, checksumUrl } = recipe;
      const from = {
        url,
        ...(sha256 !== undefined && { sha256 }),
        ...(checksumUrl !== undefined && { checksumUrl }),
      };
      return cloudImage(recipe, await fetch(from, place));
    },
    import: (source, place) => takeIn(source, place),
    download: (source, place) => fetch(source, place),
    flatten,
  };
}

async function debian(recipe: DebianRecipe, { folder, signal, progress }: Workplace): Promise<Made> {
  const path = join(folder, "disk.raw");
  const kernel = join(folder, "vmlinuz");
  const size = sizeBytes(recipe.diskSize);
  await buildDebian({
    recipe,
    target: path,
    logFile: join(folder, "build.log"),
    signal,
    onProgress: ({ fraction, message }) => progress(fraction, message),
  });
  const hasKernel = await extractKernel(path, rootPlace(size).offset, kernel);
  return {
    path,
    kind: "disk",
    format: "raw",
    size,
    agent: "lodge",
    cloudInit: true,
    firmware: ["bios", "uefi"],
    defaultUser: recipe.user,
    description: recipe.description,
    ...(hasKernel && { kernel }),
  };
}

async function flatten(disk: GuestDisk, { folder, signal, progress }: Workplace): Promise<Made> {
  const path = join(folder, "disk.raw");
  const onProgress = (fraction: number) => progress(fraction, "Copying the disk");
  await convert(disk.path, disk.format, path, "raw", { signal, onProgress });
  return {
    path,
    kind: "disk",
    format: "raw",
    size: disk.size,
    agent: disk.agent,
    cloudInit: disk.cloudInit,
    firmware: [disk.firmware],
    description: `The disk of guest ${disk.name}`,
    ...(disk.defaultUser !== undefined && { defaultUser: disk.defaultUser }),
  };
}

/** What a publisher's image has besides its disk is said by the recipe. */
const cloudImage = (recipe: CloudImageRecipe, made: Made): Made => ({
  ...made,
  agent: recipe.agent,
  cloudInit: true,
  firmware: [...recipe.firmware],
  description: recipe.description,
  ...(recipe.user !== undefined && { defaultUser: recipe.user }),
});
