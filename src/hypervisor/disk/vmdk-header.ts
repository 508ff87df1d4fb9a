/**
 * Reads enough of a VMDK to know whether it is one self-contained file (VMware's "Virtual Disk Format 5.0").
 * A VMDK can be a text that names other files ("extents"), alone or within a sparse file; and it can have a
 * parent. QEMU would open all of those.
 */

export interface VmdkHeader {
  readonly virtualSize: number;
  /** Why it is not self-contained. */
  readonly unsafe?: string;
}

const sparseMagic = Buffer.from("KDMV", "latin1");
const oldMagic = Buffer.from("COWD", "latin1");
const descriptorStart = /^\s*# Disk DescriptorFile/;
const sectorSize = 512;

/** Is this some kind of VMDK? `head`: the file's first 64 KiB. */
export const looksLikeVmdk = (head: Buffer): boolean =>
  head.subarray(0, 4).equals(sparseMagic) ||
  head.subarray(0, 4).equals(oldMagic) ||
  descriptorStart.test(head.toString("latin1", 0, 256));

/**
 * Where QEMU looks for a parent's name in a sparse VMDK (its block/vmdk.c, vmdk_parent_open), wherever the header says
 * that the description lies.
 */
const parentFrom = 0x200;
const parentTo = parentFrom + 20 * sectorSize;

/** @param head the file's first 64 KiB, which hold the descriptor of every sparse VMDK written by VMware or QEMU. */
export function parseVmdk(head: Buffer): VmdkHeader {
  if (head.subarray(0, 4).equals(oldMagic)) return { virtualSize: 0, unsafe: "it is a VMDK of an old kind" };
  if (!head.subarray(0, 4).equals(sparseMagic) || head.length < 79) {
    return { virtualSize: 0, unsafe: "its data lies in other files" };
  }
  const virtualSize = Number(head.readBigUInt64LE(12)) * sectorSize;
  if (!Number.isSafeInteger(virtualSize) || virtualSize === 0) {
    return { virtualSize: 0, unsafe: "its data lies in other files" };
  }
  if (/parentFileNameHint/i.test(head.toString("latin1", parentFrom, parentTo)))
    return { virtualSize, unsafe: "it has a parent file" };
  const start = Number(head.readBigUInt64LE(28)) * sectorSize;
  const length = Number(head.readBigUInt64LE(36)) * sectorSize;
  if (start === 0) return { virtualSize };
  if (start + length > head.length)
    return { virtualSize, unsafe: "its description lies where it cannot be checked" };
  const unsafe = checkDescriptor(head.toString("latin1", start, start + length));
  return { virtualSize, ...(unsafe === undefined ? {} : { unsafe }) };
}

function checkDescriptor(text: string): string | undefined {
  const fields = new Map<string, string>();
  for (const line of text.replaceAll("\0", "").split(/\r?\n/)) {
    const field = /^\s*(\w+)\s*=\s*"?([^"]*)"?\s*$/.exec(line);
    if (field) fields.set((field[1] ?? "").toLowerCase(), (field[2] ?? "").trim());
  }
  const parent = fields.get("parentcid")?.toLowerCase() ?? "ffffffff";
  if (parent !== "ffffffff" || fields.has("parentfilenamehint")) return "it has a parent file";
  const kind = fields.get("createtype")?.toLowerCase() ?? "";
  if (kind !== "monolithicsparse" && kind !== "streamoptimized") return "its data lies in other files";
  return undefined;
}
