/** What a TPM keeps, copied: swtpm writes its file anew under another name, so that each is whole at any time. */
import { cp, rename, rm } from "node:fs/promises";
import { basename } from "node:path";

/** Makes a folder what another is, whole or not at all. */
export async function copyTpm(from: string, to: string): Promise<void> {
  const partial = `${to}.partial`;
  await rm(partial, { recursive: true, force: true });
  // A lock is its process's own.
  await cp(from, partial, { recursive: true, filter: (path) => !basename(path).startsWith(".lock") });
  await rm(to, { recursive: true, force: true });
  await rename(partial, to);
}
