/** Everything that makes an image's files: from recipes, from files of the host, from elsewhere. */
import { basename, join } from "node:path";
import type { Clock } from "#base/clock";
import type { AddressFilter } from "#base/outbound";
import { LodgeError } from "#contract/errors";
import { buildDebian } from "./build-debian.ts";
import { type Checksum, findChecksum } from "./checksum-list.ts";
import { download, fetchText, fileChecksums, plainUrl } from "./download.ts";
import { type CloudImageRecipe, type DebianRecipe, listRecipes, readRecipe, sizeBytes } from "./recipe.ts";
import { recipeDigest, recipesFolder } from "./recipe-digest.ts";
import {
  copyIn,
  type DiskTools,
  linkIn,
  requireChecksum,
  takeIn,
  type TakenIn,
  type Workplace,
} from "./take-in.ts";

/** A recipe as others need it. */
export interface RecipeFacts {
  readonly name: string;
  readonly description: string;
  readonly kind: string;
  /** Changes with the recipe and everything of Lodge's that goes into an image built from it. */
  readonly digest: string;
}

/** An image's files, and what was learned of them. */
export interface MadeImage extends TakenIn {
  readonly sha256?: string;
  readonly agent: "lodge" | "qemu" | "none";
  readonly cloudInit: boolean;
  readonly defaultUser?: string;
  /** Signs its user in at a desktop of its own. */
  readonly desktop?: boolean;
  readonly description: string;
}

/** All of them throw catalogue errors only, end soon when aborted, and leave their workplace to the caller. */
export function imageTools(
  disk: DiskTools,
  clock: Clock,
  folder: string = recipesFolder,
  filter: () => Promise<AddressFilter> = async () => () => true,
) {
  const facts = async (name: string): Promise<RecipeFacts> => {
    const { recipe, text } = await readRecipe(folder, name);
    const { description, kind } = recipe;
    return { name, description, kind, digest: await recipeDigest(recipe, text) };
  };
  const fetchImage = async (
    url: string,
    expected: Checksum | undefined,
    place: Workplace,
    may?: AddressFilter,
  ) => {
    const file = join(place.folder, "download");
    const onProgress = (done: number, total: number | undefined) =>
      place.progress(total === undefined ? undefined : (done / total) * 0.7, "Downloading");
    const room = () => disk.room(place.folder);
    await download(url, file, { clock, signal: place.signal, onProgress, room, ...(may ? { may } : {}) });
    place.progress(0.7, "Checking");
    const actual = await fileChecksums(file, ["sha256", expected?.algorithm ?? "sha256"], place.signal);
    const name = plainUrl(url);
    if (expected) requireChecksum(name, actual[expected.algorithm], expected.value);
    return { ...(await takeIn(disk, file, name, part(place, 0.7))), sha256: actual.sha256 };
  };
  return {
    recipe: facts,

    /** The recipes, without those that are not valid: asking for one of those by name says why. */
    async recipes(): Promise<RecipeFacts[]> {
      const settled = await Promise.allSettled((await listRecipes(folder)).map(facts));
      return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    },

    async build(name: string, place: Workplace): Promise<MadeImage> {
      const { recipe } = await readRecipe(folder, name);
      if (recipe.kind === "debian") return buildFromPackages(recipe, place);
      const made = await fetchImage(recipe.url, await publishedChecksum(recipe, place.signal), place);
      const user = recipe.user === undefined ? {} : { defaultUser: recipe.user };
      const { agent, description } = recipe;
      return { ...made, firmware: [...recipe.firmware], agent, cloudInit: true, description, ...user };
    },

    async import(
      source: { readonly path: string; readonly sha256?: string; readonly staged?: string },
      place: Workplace,
    ): Promise<MadeImage> {
      const file = join(place.folder, "import");
      const name = source.staged ?? source.path;
      const get = source.staged === undefined ? copyIn : linkIn;
      const actual = await get(disk, source.path, file, part(place, 0, 0.5));
      requireChecksum(name, actual, source.sha256);
      const taken = await takeIn(disk, file, name, part(place, 0.5));
      return { ...foreign(taken), sha256: actual, description: `Imported from ${basename(name)}` };
    },

    async download(
      source: { readonly url: string; readonly sha256?: string },
      place: Workplace,
    ): Promise<MadeImage> {
      const { sha256: value } = source;
      const expected = value === undefined ? undefined : { algorithm: "sha256" as const, value };
      const taken = await fetchImage(source.url, expected, place, await filter());
      return { ...foreign(taken), description: `Downloaded from ${plainUrl(source.url)}` };
    },
  };
}

/** Nothing is known of what such an image has in it. A seed does no harm where no cloud-init reads it. */
const foreign = <T extends TakenIn>(taken: T) => ({
  ...taken,
  agent: "none" as const,
  cloudInit: taken.kind === "disk",
});

/** A workplace whose progress is a part of the whole. */
const part = (place: Workplace, from: number, to = 1): Workplace => ({
  ...place,
  progress: (fraction, message) =>
    place.progress(fraction === undefined ? undefined : from + fraction * (to - from), message),
});

async function buildFromPackages(recipe: DebianRecipe, place: Workplace): Promise<MadeImage> {
  const path = join(place.folder, "disk.raw");
  const size = await buildDebian({
    recipe,
    target: path,
    logFile: join(place.folder, "build.log"),
    signal: place.signal,
    onProgress: ({ fraction, message }) => place.progress(fraction, message),
  });
  const { description, user: defaultUser, cpus, memory, desktop } = recipe;
  const suggested = {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory: sizeBytes(memory) }),
    ...(desktop === undefined ? {} : { desktop: true }),
  };
  const facts = {
    kind: "disk",
    format: "raw",
    firmware: ["bios", "uefi"],
    agent: "lodge",
    cloudInit: true,
  } as const;
  return { path, size, defaultUser, description, ...suggested, ...facts, firmware: [...facts.firmware] };
}

async function publishedChecksum(recipe: CloudImageRecipe, signal: AbortSignal): Promise<Checksum> {
  if (recipe.sha256 !== undefined) return { algorithm: "sha256", value: recipe.sha256 };
  const url = recipe.checksumUrl ?? "";
  const found = findChecksum(await fetchText(url, signal), basename(new URL(recipe.url).pathname));
  if (found === undefined)
    throw new LodgeError("image.download", { url, reason: "it does not list this image" });
  return found;
}
