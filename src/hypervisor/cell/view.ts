/**
 * What a cell sees of a folder of the host's: those of its files that it needs, under their names, as hard links in a
 * folder of the cell's own that is bound where the other one is. So a file keeps its name wherever it is looked at
 * from, and one more can be shown to a program that runs.
 *
 * A link keeps its file's space: whoever removes a file has to take it from views as well.
 */
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";

export interface View {
  /** The folder of the host. */
  readonly root: string;
  /** The folder of links: below the root, since links do not lead from one file system into another. */
  readonly folder: string;
}

export interface ShownFile {
  readonly path: string;
  /** May the cell's program write to it? Otherwise it is read by whoever sees it, and written by none of them. */
  readonly write: boolean;
}

const isBelow = (root: string, path: string): boolean => path.startsWith(`${root}/`);

/** Makes the view, or what there is of it, show these of the files that lie below its root, and no others. */
export function setView(view: View, files: readonly ShownFile[], user: number | undefined): void {
  const mine = files.filter(({ path }) => isBelow(view.root, path));
  const wanted = new Set(mine.map(({ path }) => relative(view.root, path)));
  mkdirSync(view.folder, { recursive: true, mode: 0o755 });
  for (const found of linksIn(view.folder)) if (!wanted.has(found)) rmSync(join(view.folder, found));
  for (const file of mine) show(view, file, user);
}

/** Shows one more file, or the same one again in another way. One that lies elsewhere is passed over. */
export function show({ root, folder }: View, { path, write }: ShownFile, user: number | undefined): void {
  if (!isBelow(root, path)) return;
  entrust(path, write, user);
  const link = join(folder, relative(root, path));
  mkdirSync(dirname(link), { recursive: true, mode: 0o755 });
  try {
    linkSync(path, link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (lstatSync(link).ino === lstatSync(path).ino) return;
    // One that was made anew meanwhile, under the same name.
    rmSync(link);
    linkSync(path, link);
  }
}

/** `user`: whose the file becomes; undefined where cells have no users of their own. */
export function entrust(path: string, write: boolean, user: number | undefined): void {
  const { uid, mode, isLink } = lookAt(path);
  // What it leads to is shown, and entrusted, by the view of where that is.
  if (isLink) return;
  const owner = user === undefined ? uid : write ? user : 0;
  if (uid !== owner) chownSync(path, owner, owner);
  const fits = write ? (mode & 0o777) === 0o600 : (mode & 0o026) === 0 && (mode & 0o004) !== 0;
  if (!fits) chmodSync(path, write ? 0o600 : 0o444);
}

function lookAt(path: string) {
  const found = lstatSync(path);
  return { uid: found.uid, mode: found.mode, isLink: found.isSymbolicLink() };
}

function linksIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** The folder of views inside the folder that they are views of. */
const viewsFolder = ".cells";

/** The view that a cell has of a folder. */
export const viewOf = (root: string, id: string): View => ({ root, folder: join(root, viewsFolder, id) });

/** Takes a view away, and the folder of views with the last of them. Idempotent. */
export function removeView({ folder }: View): void {
  rmSync(folder, { recursive: true, force: true });
  removeEmpty(dirname(folder));
}

function removeEmpty(views: string): void {
  try {
    rmdirSync(views);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** Takes a file that lay at the top of a folder out of each view of it, so that its space is free. Idempotent. */
export function forgetFile(path: string): void {
  const views = join(dirname(path), viewsFolder);
  for (const id of idsIn(views)) rmSync(join(views, id, basename(path)), { force: true });
}

/** Takes away a folder's views but those of `kept`: a daemon was killed before it did so. */
export function sweepViews(root: string, kept: (id: string) => boolean): void {
  const views = join(root, viewsFolder);
  for (const id of idsIn(views)) if (!kept(id)) removeView({ root, folder: join(views, id) });
}

function idsIn(views: string): string[] {
  try {
    return readdirSync(views);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
