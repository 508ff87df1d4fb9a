/**
 * What a file is, by its content: what the daemon will find it to be (hypervisor/disk/sniff.ts), told before
 * gigabytes are sent for nothing.
 */

export type DiskKind = "qcow2" | "vmdk" | "vhd" | "vhdx" | "vdi" | "raw" | "iso";

const headSize = 32_774;

const textAt = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));

/** undefined: nothing that can become an image. */
export async function diskKind(file: Blob): Promise<DiskKind | undefined> {
  const read = async (from: number, to: number) =>
    new Uint8Array(await file.slice(Math.max(0, from), to).arrayBuffer());
  const head = await read(0, headSize);
  if (textAt(head, 0, 4) === "QFI\u00fb") return "qcow2";
  if (textAt(head, 0, 4) === "KDMV" || /^# Disk DescriptorFile/.test(textAt(head, 0, 21))) return "vmdk";
  if (textAt(head, 0, 8) === "vhdxfile") return "vhdx";
  if (textAt(head, 0x40, 4) === "\u007f\u0010\u00da\u00be") return "vdi";
  const tail = await read(file.size - 512, file.size);
  if (textAt(tail, 0, 8) === "conectix") return "vhd";
  if (textAt(head, 32_769, 5) === "CD001") return "iso";
  return head[510] === 0x55 && head[511] === 0xaa ? "raw" : undefined;
}
