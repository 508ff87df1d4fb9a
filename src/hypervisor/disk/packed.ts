/**
 * Names what an image comes packed in. Lodge unpacks nothing: what a small archive becomes has no bound, and who sent
 * it can unpack it where it harms nobody.
 */

export interface Packed {
  /** "compressed with gzip" */
  readonly what: string;
  /** What unpacks it. */
  readonly how: string;
}

const kinds: readonly { readonly magic: string; readonly at?: number; readonly packed: Packed }[] = [
  { magic: "\x1f\x8b", packed: { what: "compressed with gzip", how: "gunzip" } },
  { magic: "\xfd7zXZ\0", packed: { what: "compressed with xz", how: "unxz" } },
  { magic: "\x28\xb5\x2f\xfd", packed: { what: "compressed with Zstandard", how: "unzstd" } },
  { magic: "BZh", packed: { what: "compressed with bzip2", how: "bunzip2" } },
  { magic: "PK\x03\x04", packed: { what: "a zip archive", how: "unzip" } },
  { magic: "7z\xbc\xaf\x27\x1c", packed: { what: "a 7-Zip archive", how: "7z x" } },
  { magic: "ustar", at: 257, packed: { what: "a tar archive, and no OVA", how: "tar -x" } },
];

const ovf = /<(?:\w+:)?Envelope[\s>]/;

/** @param head the file's beginning. */
export function packedAs(head: Buffer): Packed | undefined {
  const found = kinds.find(({ magic, at = 0 }) => head.toString("latin1", at, at + magic.length) === magic);
  if (found) return found.packed;
  if (
    /^\s*(?:\xef\xbb\xbf)?\s*<\?xml|^\s*</.test(head.toString("latin1", 0, 64)) &&
    ovf.test(head.toString("latin1", 0, 4096))
  )
    return { what: "the description of a machine (OVF), and no disk", how: "a look at the files beside it" };
  return undefined;
}
