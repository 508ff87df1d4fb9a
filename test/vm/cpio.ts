/** An entry of an archive; parents come before what lies in them. */
export type CpioEntry =
  | { readonly path: string; readonly kind: "directory" }
  | { readonly path: string; readonly kind: "file"; readonly data: Uint8Array; readonly mode: number }
  | { readonly path: string; readonly kind: "link"; readonly target: string }
  | { readonly path: string; readonly kind: "device"; readonly major: number; readonly minor: number };

const fileType = { directory: 0o040000, file: 0o100000, link: 0o120000, device: 0o020000 };

const permissions = (entry: CpioEntry): number => {
  if (entry.kind === "file") return entry.mode;
  return entry.kind === "device" ? 0o600 : entry.kind === "link" ? 0o777 : 0o755;
};

const contents = (entry: CpioEntry): Uint8Array => {
  if (entry.kind === "file") return entry.data;
  return entry.kind === "link" ? Buffer.from(entry.target) : new Uint8Array();
};

/** Everything in an archive begins at a multiple of four bytes. */
const pad = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);

/**
 * An archive as Linux takes it for an initramfs: "newc", a header of 13 hexadecimal numbers, the name, the
 * data (Documentation/driver-api/early-userspace/buffer-format.rst). All belongs to root, so that none is
 * needed to make it.
 */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Uint8Array[] = [];
  const trailer = { path: "TRAILER!!!", kind: "file", data: new Uint8Array(), mode: 0 } as const;
  [...entries, trailer].forEach((entry, inode) => {
    const data = contents(entry);
    const name = Buffer.from(`${entry.path}\0`);
    const mode = entry.path === trailer.path ? 0 : fileType[entry.kind] | permissions(entry);
    const [major, minor] = entry.kind === "device" ? [entry.major, entry.minor] : [0, 0];
    const numbers = [inode + 1, mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
    const header = numbers.map((number) => number.toString(16).padStart(8, "0")).join("");
    const head = Buffer.concat([Buffer.from(`070701${header}`), name]);
    parts.push(head, pad(head.length), data, pad(data.length));
  });
  return Buffer.concat(parts);
}
