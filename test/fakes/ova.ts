/** OVAs for tests: tar archives byte by byte, honest and otherwise, and descriptions of machines. */
import { createHash } from "node:crypto";

export interface TarMember {
  readonly name: string;
  readonly content?: string | Buffer;
  /** "0" is a plain file. */
  readonly kind?: string;
  /** What the header says that it has; default: what it has. */
  readonly size?: number;
  readonly linkTo?: string;
}

const block = 512;

/** An archive in POSIX.1-1988's ustar. */
export function tar(members: readonly TarMember[]): Buffer<ArrayBuffer> {
  const parts = members.flatMap(({ name, content = "", kind = "0", size, linkTo = "" }) => {
    const bytes = Buffer.from(content as string);
    const header = Buffer.alloc(block);
    header.write(name, 0, 100);
    header.write("0000644\0", 100);
    header.write(`${(size ?? bytes.length).toString(8).padStart(11, "0")}\0`, 124);
    header.write("        ", 148);
    header.write(kind, 156);
    header.write(linkTo, 157, 100);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [header, bytes, Buffer.alloc((block - (bytes.length % block)) % block)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

export interface OvfOptions {
  readonly href?: string;
  readonly file?: string;
  readonly disks?: number;
  /** Before the envelope. */
  readonly head?: string;
  readonly hardware?: string;
}

export const item = (type: number, quantity: number | string, units?: string): string =>
  `<Item><rasd:Description>x</rasd:Description>${units === undefined ? "" : `<rasd:AllocationUnits>${units}</rasd:AllocationUnits>`}
  <rasd:ResourceType>${type}</rasd:ResourceType><rasd:VirtualQuantity>${quantity}</rasd:VirtualQuantity></Item>`;

export function ovf({
  href = "disk.vmdk",
  file = "",
  disks = 1,
  head = "",
  hardware = "",
}: OvfOptions = {}): string {
  const each = Array.from({ length: disks }, (_, at) => at);
  return `<?xml version="1.0" encoding="UTF-8"?>
${head}<ovf:Envelope xmlns:ovf="urn:ovf" xmlns:rasd="urn:rasd">
  <!-- made for a test -->
  <ovf:References>${each.map((at) => `<ovf:File ovf:id="file${at}" ovf:href="${href}" ${file}/>`).join("")}</ovf:References>
  <ovf:DiskSection>${each.map((at) => `<ovf:Disk ovf:diskId="disk${at}" ovf:fileRef="file${at}" ovf:capacity="1"/>`).join("")}</ovf:DiskSection>
  <ovf:VirtualSystem ovf:id="vm"><ovf:Name>a &amp; b</ovf:Name>
    <ovf:VirtualHardwareSection>${hardware}</ovf:VirtualHardwareSection></ovf:VirtualSystem>
</ovf:Envelope>`;
}

export const manifest = (files: Readonly<Record<string, string | Buffer>>): string =>
  Object.entries(files)
    .map(([name, content]) => `SHA256(${name})= ${createHash("sha256").update(content).digest("hex")}\n`)
    .join("");
