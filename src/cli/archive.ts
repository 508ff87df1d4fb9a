/**
 * Tar archives of files that go into or come out of a guest.
 *
 * What comes out is not trusted: it is unpacked into a new folder beside its target, with nothing that points
 * out of it, and moved to its place once all of it is there.
 */
import { lstat, mkdtemp, readdir, realpath, rename, rm, stat, symlink, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { create, extract } from "tar";
import { LodgeError } from "#contract/errors";
import { fileError } from "./paths.ts";

/** A file or folder as an archive, under another name. A link is followed where it is what was named. */
export async function pack(path: string, name: string): Promise<Readable> {
  const real = await realpath(path);
  // Owners mean nothing on the other side. "Portable" leaves out when a folder was changed, which is part of a copy.
  const options = { portable: true };
  const archive = (await stat(real)).isDirectory()
    ? create({ ...options, cwd: real, prefix: name, onWriteEntry: (entry) => void (entry.noMtime = false) }, [
        ".",
      ])
    : create({ ...options, cwd: dirname(real), onWriteEntry: (entry) => (entry.path = name) }, [
        `./${basename(real)}`,
      ]);
  return Readable.from(archive, { objectMode: false });
}

/** Counts what passes. */
export function counted(tell: (bytes: number) => void): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      tell(bytes);
      done(null, chunk);
    },
  });
}

/**
 * Unpacks an archive of one file or folder as `target`, whatever its name in the archive. A folder that is
 * there already keeps what the archive does not have.
 *
 * @throws LodgeError cli.archive, cli.file; what the archive's stream fails with
 */
export async function unpack(archive: Readable, target: string): Promise<void> {
  try {
    const folder = await mkdtemp(join(await realpath(dirname(target)), ".lodge-cp-"));
    try {
      await unpackInto(archive, folder);
      const [only, ...more] = await readdir(folder);
      if (only === undefined || more.length > 0) throw refused("it is not one file or folder");
      await move(join(folder, only), target);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    archive.destroy();
    const code = (error as NodeJS.ErrnoException).code ?? "";
    throw code.startsWith("TAR_") ? refused("it is no tar archive") : fileError(target, error);
  }
}

const refused = (reason: string) => new LodgeError("cli.archive", { reason });

/**
 * Links come last: while files are written there is none that could lead one of them elsewhere. They may
 * point wherever they like, as they did in the guest.
 */
async function unpackInto(archive: Readable, folder: string): Promise<void> {
  let wrong: string | undefined;
  const links: { readonly path: string; readonly to: string }[] = [];
  const folders: { readonly path: string; readonly changed: Date }[] = [];
  const sink = extract({
    cwd: folder,
    preserveOwner: false,
    onwarn(code, message) {
      // Sockets and devices cannot be copied; anything else is a sign of a broken or hostile archive.
      if (code !== "TAR_ENTRY_UNSUPPORTED") wrong ??= String(message);
    },
    filter(path, entry) {
      if (!("type" in entry)) return true;
      if (entry.type === "Directory" && entry.mtime) folders.push({ path, changed: entry.mtime });
      if (entry.type === "SymbolicLink") links.push({ path, to: entry.linkpath ?? "" });
      // No copy runs as somebody else.
      if (entry.mode !== undefined) entry.mode &= 0o777;
      return entry.type !== "SymbolicLink";
    },
  });
  await pipeline(archive, sink as unknown as NodeJS.WritableStream);
  if (wrong !== undefined) throw refused(wrong);
  for (const link of links) await makeLink(folder, link.path, link.to);
  // What was put into a folder has changed it.
  for (const { path, changed } of folders) {
    const place = join(folder, path);
    if (place.startsWith(`${folder}/`) && (await lstat(place)).isDirectory())
      await utimes(place, changed, changed);
  }
}

async function makeLink(folder: string, path: string, to: string): Promise<void> {
  const place = join(folder, path);
  const parent = dirname(place);
  const inside = !path.startsWith("/") && place.startsWith(`${folder}/`);
  if (!inside || (await realpath(parent).catch(() => "")) !== parent)
    throw refused(`its link ${path} lies outside of it`);
  await symlink(to, place).catch(() => {
    throw refused(`it holds ${path} twice`);
  });
}

/** Moves a file or folder within one file system; folders that are in both places become one. */
async function move(from: string, to: string): Promise<void> {
  const there = await lstat(to).catch(() => undefined);
  const folder = (await lstat(from)).isDirectory();
  if (!there?.isDirectory()) {
    if (there && folder) throw new LodgeError("cli.file", { path: to, reason: "it is there and no folder" });
    return rename(from, to);
  }
  if (!folder) throw new LodgeError("cli.file", { path: to, reason: "it is a folder" });
  for (const name of await readdir(from)) await move(join(from, name), join(to, name));
}
