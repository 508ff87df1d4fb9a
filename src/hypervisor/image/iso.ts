/**
 * Writes a small ISO 9660 volume (ECMA-119) with Joliet names, in memory: a CD that every guest OS reads.
 * Linux and Windows take the names as given from Joliet; what knows plain ISO 9660 alone sees capitals.
 *
 * ```
 * sector 16  primary volume descriptor     19, 20  its path tables (little-, big-endian)
 *        17  Joliet volume descriptor      21, 22  Joliet's path tables
 *        18  terminator                    23, 24  the root folder, in each naming
 *                                          25…     the files
 * ```
 */

const sectorSize = 2048;
const firstFile = 25;

/** How the names of one of the two trees are written. */
interface Naming {
  readonly type: 1 | 2;
  readonly descriptor: number;
  readonly pathTable: number;
  readonly folder: number;
  readonly escape: string;
  readonly encode: (text: string) => Buffer;
  readonly fileName: (name: string) => string;
}

const ucs2 = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();

const primary: Naming = {
  type: 1,
  descriptor: 16,
  pathTable: 19,
  folder: 23,
  escape: "",
  encode: (text) => Buffer.from(text, "latin1"),
  fileName: (name) => `${name.toUpperCase()};1`,
};
const joliet: Naming = {
  type: 2,
  descriptor: 17,
  pathTable: 21,
  folder: 24,
  escape: "%/E",
  encode: ucs2,
  fileName: (name) => `${name};1`,
};

interface Extent {
  readonly name: string;
  readonly sector: number;
  readonly size: number;
}

/**
 * A volume with these files in its root folder.
 *
 * @throws RangeError where the folder does not fit into one sector: about 25 files.
 */
export function isoVolume(label: string, files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const extents: Extent[] = [];
  const contents: Buffer[] = [];
  let sector = firstFile;
  for (const [name, content] of Object.entries(files)) {
    const data = Buffer.from(content);
    const sectors = Math.ceil(data.length / sectorSize);
    extents.push({ name, sector, size: data.length });
    contents.push(data, Buffer.alloc(sectors * sectorSize - data.length));
    sector += sectors;
  }
  const front = Buffer.alloc(firstFile * sectorSize);
  for (const naming of [primary, joliet]) writeTree(front, naming, label, extents, sector);
  front.set([255, ...Buffer.from("CD001"), 1], 18 * sectorSize);
  return Buffer.concat([front, ...contents]);
}

function writeTree(
  volume: Buffer,
  naming: Naming,
  label: string,
  files: readonly Extent[],
  sectors: number,
): void {
  folder(naming, files).copy(volume, naming.folder * sectorSize);
  pathTable(naming, "little").copy(volume, naming.pathTable * sectorSize);
  pathTable(naming, "big").copy(volume, (naming.pathTable + 1) * sectorSize);
  descriptor(naming, label, sectors).copy(volume, naming.descriptor * sectorSize);
}

/** A number in both byte orders, one after the other, as the format has most of its numbers. */
function both32(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value, at);
  bytes.writeUInt32BE(value, at + 4);
}

function both16(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt16LE(value, at);
  bytes.writeUInt16BE(value, at + 2);
}

/** ECMA-119 9.1: a folder's entry. `name` is one byte, 0 or 1, for the folder itself and its parent. */
function record(name: Buffer, sector: number, size: number, isFolder: boolean): Buffer {
  const bytes = Buffer.alloc(33 + name.length + ((name.length + 1) % 2));
  bytes[0] = bytes.length;
  both32(bytes, sector, 2);
  both32(bytes, size, 10);
  bytes[25] = isFolder ? 2 : 0;
  both16(bytes, 1, 28);
  bytes[32] = name.length;
  name.copy(bytes, 33);
  return bytes;
}

const rootRecord = (naming: Naming, name: number): Buffer =>
  record(Buffer.from([name]), naming.folder, sectorSize, true);

function folder(naming: Naming, files: readonly Extent[]): Buffer {
  const entries = files
    .map((file) => ({ ...file, name: naming.encode(naming.fileName(file.name)) }))
    .toSorted((a, b) => Buffer.compare(a.name, b.name))
    .map(({ name, sector, size }) => record(name, sector, size, false));
  const bytes = Buffer.concat([rootRecord(naming, 0), rootRecord(naming, 1), ...entries]);
  if (bytes.length > sectorSize) throw new RangeError("too many files for one sector of the ISO's folder");
  return bytes;
}

/** ECMA-119 9.4: the one entry of the root folder, whose parent is itself. */
function pathTable(naming: Naming, order: "little" | "big"): Buffer {
  const bytes = Buffer.alloc(10);
  bytes[0] = 1;
  if (order === "little") bytes.writeUInt32LE(naming.folder, 2);
  else bytes.writeUInt32BE(naming.folder, 2);
  if (order === "little") bytes.writeUInt16LE(1, 6);
  else bytes.writeUInt16BE(1, 6);
  return bytes;
}

/** ECMA-119 8.4 and 8.5. */
function descriptor(naming: Naming, label: string, sectors: number): Buffer {
  const bytes = Buffer.alloc(sectorSize);
  bytes.set([naming.type, ...Buffer.from("CD001"), 1]);
  const text = (value: string, at: number, length: number) => {
    const space = naming.encode(" ");
    for (let i = 0; i < length; i++) bytes[at + i] = space[i % space.length] ?? 0;
    naming.encode(value).copy(bytes, at, 0, length);
  };
  text("", 8, 32);
  text(label, 40, 32);
  both32(bytes, sectors, 80);
  bytes.write(naming.escape, 88, "latin1");
  both16(bytes, 1, 120);
  both16(bytes, 1, 124);
  both16(bytes, sectorSize, 128);
  both32(bytes, 10, 132);
  bytes.writeUInt32LE(naming.pathTable, 140);
  bytes.writeUInt32BE(naming.pathTable + 1, 148);
  rootRecord(naming, 0).copy(bytes, 156);
  text("", 190, 623);
  // Dates that are not given: sixteen digits 0, and the zone's byte.
  for (const at of [813, 830, 847, 864]) bytes.write("0".repeat(16), at, "latin1");
  bytes[881] = 1;
  return bytes;
}
