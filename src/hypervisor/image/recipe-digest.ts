/** What an image depends on, as one digest: an image whose digest is another is stale. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Recipe } from "./recipe.ts";

/** Raised whenever the code would build another image of the same recipe and files. */
const builderVersion = 1;

const checkout = resolve(import.meta.dirname, "../../..");
/** The recipes that come with Lodge. */
export const recipesFolder = join(checkout, "recipes");
/** The guest agent's files: lodge-agent, its parts (*.pl) and lodge-agent.service. */
export const agentFolder = join(checkout, "agent");
/** Scripts and files that make a Debian a guest of Lodge. */
export const debianFolder = join(recipesFolder, "debian");
/** And those that make it a desktop, by session. */
export const desktopFolder = join(recipesFolder, "desktop");

/** The files besides the recipe itself that go into an image built from it. */
async function ingredients(recipe: Recipe): Promise<string[]> {
  if (recipe.kind !== "debian") return [];
  const files: string[] = [];
  const folders = [debianFolder, agentFolder];
  if (recipe.desktop !== undefined) {
    files.push(join(desktopFolder, "customize.sh"));
    folders.push(join(desktopFolder, "tree"), join(desktopFolder, recipe.desktop));
  }
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    files.push(
      ...entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)),
    );
  }
  return files.toSorted();
}

/** SHA-256 over the recipe's text, the builder's version and every file of Lodge's that goes into the image. */
export async function recipeDigest(recipe: Recipe, text: string): Promise<string> {
  const hash = createHash("sha256");
  const add = (name: string, data: string | Buffer) => hash.update(`${name}\0${data.length}\0`).update(data);
  add("builder", String(builderVersion));
  add("recipe", Buffer.from(text));
  for (const path of await ingredients(recipe)) add(relative(checkout, path), await readFile(path));
  return hash.digest("hex");
}
