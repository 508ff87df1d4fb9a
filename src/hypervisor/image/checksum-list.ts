/** Finds a file's SHA-256 in the list that its publisher puts beside it. */

/**
 * Reads both usual forms, `<hash>  <file>` (sha256sum; a `*` before the name marks binary mode) and
 * `SHA256 (<file>) = <hash>` (BSD); anything else, such as a signature around the list, is passed over.
 * A list of one bare hash is that of the only file. Undefined where the file is not listed.
 */
export function findChecksum(list: string, file: string): string | undefined {
  const lines = list.split("\n").map((line) => line.trim());
  for (const line of lines) {
    const plain = /^([0-9a-f]{64}) [ *]?(.+)$/i.exec(line);
    const bsd = /^SHA256 \((.+)\) = ([0-9a-f]{64})$/i.exec(line);
    const [hash, name] = plain ? [plain[1], plain[2]] : [bsd?.[2], bsd?.[1]];
    if (hash !== undefined && name?.replace(/^\.\//, "") === file) return hash.toLowerCase();
  }
  const [only, ...others] = lines.filter((line) => line !== "");
  return others.length === 0 && only !== undefined && /^[0-9a-f]{64}$/i.test(only)
    ? only.toLowerCase()
    : undefined;
}
