/**
 * Writes a FAT16 volume (Microsoft's FAT specification 1.03) with long names and folders, in memory
 * and without any tool: seeds for cloud-init in a millisecond, and EFI system partitions.
 *
 * ```
 * boot sector | FAT | FAT | root folder (512 entries) | clusters, handed out in order
 * ```
 *
 * What is written lies at the front, so the caller can leave the rest of the volume a hole.
 */

const sectorSize = 512;
const rootEntries = 512;
const rootSectors = (rootEntries * 32) / sectorSize;
const endOfChain = 0xffff;
/** 1980-01-01, the earliest date FAT knows: a volume's bytes depend on its files only. */
const date = 0x21;

export interface FatFile {
  /** With '/' between folders: `EFI/BOOT/BOOTX64.EFI`. */
  readonly path: string;
  readonly data: Uint8Array;
}

export interface FatVolume {
  /** The front of the volume, up to the last byte that is not zero. */
  readonly front: Buffer;
  /** Size of the whole volume in bytes. */
  readonly size: number;
}

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: Map<string, Uint8Array>;
}

/**
 * Makes the volume. `id` is its serial number, which Linux shows as UUID XXXX-XXXX.
 *
 * @throws RangeError when `size` (bytes) does not make a FAT16 or the files do not fit.
 */
export function fatVolume(options: {
  label: string;
  id: number;
  size: number;
  files: readonly FatFile[];
}): FatVolume {
  const layout = layOut(options.size);
  const volume = Buffer.alloc(layout.dataStart * sectorSize);
  const fat = new Uint16Array(layout.clusters + 2);
  fat.set([0xfff8, endOfChain]);
  const clusters: Buffer[] = [];
  const clusterSize = layout.sectorsPerCluster * sectorSize;

  const store = (data: Uint8Array): number => {
    if (data.length === 0) return 0;
    const first = clusters.length + 2;
    const count = Math.ceil(data.length / clusterSize);
    if (first + count > fat.length) throw new RangeError("the files do not fit into the FAT volume");
    for (let i = 0; i < count; i++) {
      fat[first + i] = i === count - 1 ? endOfChain : first + i + 1;
      const cluster = Buffer.alloc(clusterSize);
      cluster.set(data.subarray(i * clusterSize, (i + 1) * clusterSize));
      clusters.push(cluster);
    }
    return first;
  };

  // A folder names the clusters of what it holds and of itself (in '.'), so its own are taken first.
  const storeFolder = (folder: Folder, parent: number): number => {
    const size = 64 + folderEntries(folder).reduce((sum, name) => sum + entryBytes(name), 0);
    const first = store(new Uint8Array(size).fill(1));
    const bytes = Buffer.concat([
      shortEntry(".          ", 0x10, first, 0),
      shortEntry("..         ", 0x10, parent, 0),
      contents(folder, first),
    ]);
    for (let at = 0; at < Math.ceil(size / clusterSize) * clusterSize; at += clusterSize) {
      const cluster = clusters[first - 2 + at / clusterSize];
      cluster?.fill(0);
      bytes.copy(cluster ?? Buffer.alloc(0), 0, at, at + clusterSize);
    }
    return first;
  };

  const contents = (folder: Folder, self: number): Buffer => {
    const taken = new Set<string>();
    const parts: Buffer[] = [];
    for (const [name, inner] of folder.folders)
      parts.push(...nameEntries(name, taken, 0x10, storeFolder(inner, self), 0));
    for (const [name, data] of folder.files)
      parts.push(...nameEntries(name, taken, 0x20, store(data), data.length));
    return Buffer.concat(parts);
  };

  const label = options.label.padEnd(11).slice(0, 11);
  const root = Buffer.concat([shortEntry(label, 0x08, 0, 0), contents(tree(options.files), 0)]);
  if (root.length > rootEntries * 32) throw new RangeError("too many files in the FAT volume's root");
  bootRecord(layout, label, options.id).copy(volume);
  const fatBytes = Buffer.from(fat.buffer);
  for (let copy = 0; copy < 2; copy++) fatBytes.copy(volume, (1 + copy * layout.fatSectors) * sectorSize);
  root.copy(volume, (1 + 2 * layout.fatSectors) * sectorSize);
  return { front: Buffer.concat([volume, ...clusters]), size: layout.sectors * sectorSize };
}

interface Layout {
  readonly sectors: number;
  readonly sectorsPerCluster: number;
  readonly fatSectors: number;
  readonly dataStart: number;
  readonly clusters: number;
}

/** The smallest clusters with which the volume is a FAT16: 4085 to 65524 of them decide its type. */
function layOut(size: number): Layout {
  const sectors = Math.floor(size / sectorSize);
  for (let sectorsPerCluster = 1; sectorsPerCluster <= 64; sectorsPerCluster *= 2) {
    const fatSectors = Math.ceil(((sectors / sectorsPerCluster + 2) * 2) / sectorSize);
    const dataStart = 1 + 2 * fatSectors + rootSectors;
    const clusters = Math.floor((sectors - dataStart) / sectorsPerCluster);
    if (clusters >= 4085 && clusters <= 65524)
      return { sectors, sectorsPerCluster, fatSectors, dataStart, clusters };
  }
  throw new RangeError(`a volume of ${size} bytes cannot be a FAT16`);
}

function bootRecord(layout: Layout, label: string, id: number): Buffer {
  const bytes = Buffer.alloc(sectorSize);
  bytes.set([0xeb, 0x3c, 0x90]);
  bytes.write("LODGE   ", 3, "latin1");
  bytes.writeUInt16LE(sectorSize, 11);
  bytes[13] = layout.sectorsPerCluster;
  bytes.writeUInt16LE(1, 14);
  bytes[16] = 2;
  bytes.writeUInt16LE(rootEntries, 17);
  if (layout.sectors < 0x10000) bytes.writeUInt16LE(layout.sectors, 19);
  else bytes.writeUInt32LE(layout.sectors, 32);
  bytes[21] = 0xf8;
  bytes.writeUInt16LE(layout.fatSectors, 22);
  bytes.writeUInt16LE(63, 24);
  bytes.writeUInt16LE(255, 26);
  bytes[36] = 0x80;
  bytes[38] = 0x29;
  bytes.writeUInt32LE(id >>> 0, 39);
  bytes.write(label, 43, "latin1");
  bytes.write("FAT16   ", 54, "latin1");
  bytes.writeUInt16LE(0xaa55, 510);
  return bytes;
}

function tree(files: readonly FatFile[]): Folder {
  const root: Folder = { folders: new Map(), files: new Map() };
  for (const file of files) {
    const names = file.path.split("/");
    const name = names.pop() ?? "";
    let folder = root;
    for (const step of names) {
      const next = folder.folders.get(step) ?? { folders: new Map(), files: new Map() };
      folder.folders.set(step, next);
      folder = next;
    }
    folder.files.set(name, file.data);
  }
  return root;
}

const folderEntries = (folder: Folder): string[] => [...folder.folders.keys(), ...folder.files.keys()];

const isShort = (name: string): boolean => /^[A-Z0-9_-]{1,8}(\.[A-Z0-9_-]{1,3})?$/.test(name);

/** Bytes that a name takes in its folder: 13 characters in each long entry, and the short one. */
const entryBytes = (name: string): number => 32 * (isShort(name) ? 1 : 1 + Math.ceil(name.length / 13));

function shortEntry(name: string, attributes: number, cluster: number, size: number): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.write(name, 0, 11, "latin1");
  bytes[11] = attributes;
  bytes.writeUInt16LE(date, 16);
  bytes.writeUInt16LE(date, 18);
  bytes.writeUInt16LE(date, 24);
  bytes.writeUInt16LE(cluster, 26);
  bytes.writeUInt32LE(size, 28);
  return bytes;
}

/** The 11 characters of a short name: the name itself, or its beginning and a number. */
function shortName(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf(".");
  const clean = (text: string) => text.toUpperCase().replace(/[^A-Z0-9_-]/g, "");
  const base = clean(dot > 0 ? name.slice(0, dot) : name);
  const extension =
    dot > 0
      ? clean(name.slice(dot + 1))
          .slice(0, 3)
          .padEnd(3)
      : "   ";
  let short = base.padEnd(8) + extension;
  for (let n = 1; !isShort(name) && (n === 1 || taken.has(short)); n++)
    short = `${base.slice(0, 7 - String(n).length)}~${n}`.padEnd(8) + extension;
  taken.add(short);
  return short;
}

/** A name's entries: where it is not a short one, its long form backwards, then the short one. */
function nameEntries(
  name: string,
  taken: Set<string>,
  attributes: number,
  cluster: number,
  size: number,
): Buffer[] {
  const short = shortName(name, taken);
  const entry = shortEntry(short, attributes, cluster, size);
  if (isShort(name)) return [entry];
  let checksum = 0;
  for (const byte of Buffer.from(short, "latin1"))
    checksum = (((checksum & 1) << 7) + (checksum >> 1) + byte) & 0xff;
  const count = Math.ceil(name.length / 13);
  const padded = Buffer.alloc(count * 26, 0xff);
  padded.write(name, "utf16le");
  if (name.length % 13 !== 0) padded.writeUInt16LE(0, name.length * 2);
  const long = Array.from({ length: count }, (_, i) => {
    const bytes = Buffer.alloc(32);
    bytes[0] = (i + 1) | (i === count - 1 ? 0x40 : 0);
    bytes[11] = 0x0f;
    bytes[13] = checksum;
    padded.copy(bytes, 1, i * 26, i * 26 + 10);
    padded.copy(bytes, 14, i * 26 + 10, i * 26 + 22);
    padded.copy(bytes, 28, i * 26 + 22, i * 26 + 26);
    return bytes;
  });
  return [...long.reverse(), entry];
}
