/** Finds a file's checksum in the list that its publisher puts beside it. */

export interface Checksum {
  readonly algorithm: "sha256" | "sha512";
  /** Lower-case hexadecimal. */
  readonly value: string;
}

/** A checksum by its length; undefined where it has neither. */
function checksum(value: string | undefined): Checksum | undefined {
  if (value === undefined) return undefined;
  if (value.length === 64) return { algorithm: "sha256", value: value.toLowerCase() };
  return value.length === 128 ? { algorithm: "sha512", value: value.toLowerCase() } : undefined;
}

/**
 * Reads both usual forms, `<hash>  <file>` (sha256sum; a `*` before the name marks binary mode) and
 * `SHA256 (<file>) = <hash>` (BSD); anything else, such as a signature around the list, is passed over.
 * A list of one bare hash is that of the only file. Undefined where the file is not listed.
 */
export function findChecksum(list: string, file: string): Checksum | undefined {
  const lines = list.split("\n").map((line) => line.trim());
  for (const line of lines) {
    const plain = /^([0-9a-f]+) [ *]?(.+)$/i.exec(line);
    const bsd = /^SHA(?:256|512) \((.+)\) = ([0-9a-f]+)$/i.exec(line);
    const [value, name] = plain ? [plain[1], plain[2]] : [bsd?.[2], bsd?.[1]];
    if (name?.replace(/^\.\//, "") === file) return checksum(value);
  }
  const [only, ...others] = lines.filter((line) => line !== "");
  return others.length === 0 && /^[0-9a-f]+$/i.test(only ?? "") ? checksum(only) : undefined;
}
