/** A name for an image from its file's: "Fedora-41.x86_64.qcow2" becomes "fedora-41.x86_64". */
export function imageNameOf(file: string): string {
  const stem = file.replace(/\.(qcow2|qcow|raw|img|vmdk|vhdx?|vdi|iso|ova)$/i, "");
  const name = stem
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "");
  return name.slice(0, 63) || "image";
}

/** What may be one; the schemas say the same. */
export const imageNamePattern = /^[a-z0-9][a-z0-9._-]{0,62}$/;
