/**
 * Takes the disk out of an OVA: a tar archive with a description of a machine (OVF), checksums (a manifest), and disks.
 *
 *   name.ovf    the description, which comes first
 *   name.mf     "SHA256(name.vmdk)= 0f3a…", of each other file
 *   name.vmdk   the disk
 *
 * No name in it is ever a path: the one that the description calls the disk is looked for among the archive's members.
 */
import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import { OvfTrouble, readOvf, type Described } from "./ovf.ts";
import { looksLikeTar, tarMembers, TarTrouble, type Member } from "./tar-members.ts";
import { XmlTrouble } from "./xml.ts";

export interface OvaPlace {
  readonly signal: AbortSignal;
  readonly progress: (fraction: number | undefined, message: string) => void;
  /** @throws LodgeError host.no_space */
  readonly requireRoom: () => Promise<void>;
}

const longest = { description: 2 ** 20, manifest: 2 ** 16 } as const;
const chunkSize = 2 ** 20;
/** Bytes between looks at how much room is left. */
const lookEvery = 64 * chunkSize;

const usualFix = "export it anew, or unpack it with 'tar -xf' and import its disk";

/**
 * Copies the disk of the OVA `file` to `target`. `name` is what errors call it.
 *
 * @returns what is said of the machine; undefined where it is no OVA.
 * @throws LodgeError image.ova, host.no_space; the signal's reason.
 */
export async function diskOfOva(
  file: string,
  name: string,
  target: string,
  place: OvaPlace,
): Promise<Described | undefined> {
  await using archive = await open(file, "r");
  const { buffer: head } = await archive.read(Buffer.alloc(512), 0, 512, 0);
  if (!looksLikeTar(head)) return undefined;
  try {
    const members = await tarMembers(archive);
    const [description] = members;
    if (!description || !/\.ovf$/i.test(description.name)) return undefined;
    const text = await read(archive, description, longest.description);
    const described = readOvf(utf8(text));
    const disk = members.find((member) => member.name === described.disk);
    if (!disk) throw new OvfTrouble("the disk that it names is not in it");
    const sums = await manifestOf(archive, members);
    if (sums) check(description.name, sums, (algorithm) => createHash(algorithm).update(text));
    await copy(archive, disk, target, place, sums);
    return described;
  } catch (error) {
    if (error instanceof XmlTrouble) throw refused(name, `its description ${error.message}`);
    if (error instanceof TarTrouble) throw refused(name, error.message);
    if (error instanceof OvfTrouble) throw refused(name, error.message, error.fix);
    throw error;
  }
}

const refused = (path: string, reason: string, fix = usualFix): LodgeError =>
  new LodgeError("image.ova", { path, reason, fix });

async function read(archive: FileHandle, { name, offset, size }: Member, limit: number): Promise<Buffer> {
  if (size > limit) throw new TarTrouble(`${name} in it is longer than ${limit / 1024} KiB`);
  return (await archive.read(Buffer.alloc(size), 0, size, offset)).buffer;
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new XmlTrouble("is not in UTF-8");
  }
}

interface Sum {
  readonly algorithm: "sha1" | "sha256" | "sha512";
  readonly value: string;
}
type Sums = ReadonlyMap<string, Sum>;

async function manifestOf(archive: FileHandle, members: readonly Member[]): Promise<Sums | undefined> {
  const manifest = members.find(({ name }) => /\.mf$/i.test(name));
  if (!manifest) return undefined;
  const sums = new Map<string, Sum>();
  for (const line of utf8(await read(archive, manifest, longest.manifest)).split(/\r?\n/)) {
    const [, kind, name, value] = /^SHA(1|256|512)\s*\((.+)\)\s*=\s*([0-9a-fA-F]+)\s*$/.exec(line) ?? [];
    if (name !== undefined)
      sums.set(name, { algorithm: `sha${kind}` as Sum["algorithm"], value: value!.toLowerCase() });
    else if (line.trim() !== "") throw new TarTrouble("its list of checksums cannot be read");
  }
  return sums;
}

/** @throws TarTrouble where it is not right, or the manifest leaves it out */
function check(
  member: string,
  sums: Sums,
  hashed: (algorithm: string) => ReturnType<typeof createHash>,
): void {
  const sum = sums.get(member);
  if (!sum) throw new TarTrouble(`its list of checksums has none of ${member}`);
  const { algorithm, value: expected } = sum;
  if (hashed(algorithm).digest("hex") !== expected)
    throw new TarTrouble(`${member} in it is not what its checksum was made of`);
}

async function copy(
  archive: FileHandle,
  { name: member, offset, size }: Member,
  target: string,
  place: OvaPlace,
  sums: Sums | undefined,
): Promise<void> {
  await using to = await open(target, "w", 0o600);
  const hash = createHash(sums?.get(member)?.algorithm ?? "sha256");
  const chunk = Buffer.alloc(chunkSize);
  for (let at = 0; at < size;) {
    place.signal.throwIfAborted();
    if (at % lookEvery === 0) await place.requireRoom();
    const { bytesRead } = await archive.read(chunk, 0, Math.min(chunkSize, size - at), offset + at);
    if (bytesRead === 0) throw new TarTrouble(`it ends within ${member}`);
    hash.update(chunk.subarray(0, bytesRead));
    await to.write(chunk, 0, bytesRead, at);
    at += bytesRead;
    place.progress(at / size, "Taking the disk out of the OVA");
  }
  if (sums) check(member, sums, () => hash);
}
