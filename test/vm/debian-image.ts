/**
 * The full Debian image for the tests that need one, built once for all of a run (and of later ones): kept
 * in LODGE_TEST_CACHE, or a folder of this user's below the temporary one, under its recipe's digest.
 */
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { buildDebian } from "#hypervisor/image/build-debian";
import { readRecipe } from "#hypervisor/image/recipe";
import { recipeDigest, recipesFolder } from "#hypervisor/image/recipe-digest";
import { exists, takeLock } from "./lock.ts";
import { testCache } from "./tiny-guest.ts";

export interface DebianImage {
  /** Read-only: tests stand on it with overlays of their own. */
  readonly path: string;
  readonly format: "raw";
  /** What its build said; undefined where the image was there already. */
  readonly log?: string;
}

/** The image of a recipe of kind `debian`, of Lodge's or a test's; a minute or two where it is not there yet. */
export async function debianImage(name = "debian-13", recipes = recipesFolder): Promise<DebianImage> {
  const { recipe, text } = await readRecipe(recipes, name);
  if (recipe.kind !== "debian") throw new TypeError(`${name} is not built here`);
  const folder = testCache();
  const path = join(folder, `${name}-${(await recipeDigest(recipe, text)).slice(0, 16)}.raw`);
  if (await exists(path)) return { path, format: "raw" };
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const release = await takeLock(join(folder, `${name}.lock`));
  try {
    if (await exists(path)) return { path, format: "raw" };
    await removeStale(folder, name);
    const making = `${path}.making`;
    const log = `${path}.log`;
    await buildDebian({ recipe, target: making, logFile: log });
    await rename(making, path);
    return { path, format: "raw", log };
  } finally {
    await release();
  }
}

/** The image with a desktop: it takes some minutes where it is not there yet. */
export const desktopImage = (): Promise<DebianImage> => debianImage("debian-13-xfce");

/** Milliseconds: another checkout, whose recipe is another, may use the same cache. */
const kept = 24 * 3_600_000;

async function removeStale(folder: string, name: string): Promise<void> {
  for (const file of await readdir(folder)) {
    // One recipe's name may begin with another's.
    if (!file.startsWith(`${name}-`) || !/^[0-9a-f]{16}\./.test(file.slice(name.length + 1))) continue;
    const path = join(folder, file);
    if (Date.now() - (await stat(path)).mtimeMs > kept) await rm(path, { recursive: true, force: true });
  }
}
