/** What a program is to read and nobody else: a file without a name, in memory, which it inherits. */
import { closeSync, writeSync } from "node:fs";
import { LodgeError } from "#contract/errors";
import { memfdCreate } from "./libc.ts";

const MFD_CLOEXEC = 1;

/** A descriptor of one with this content, which whoever asked for it closes. @throws LodgeError host.permission */
export function namelessFile(content: string): number {
  const descriptor = memfdCreate("lodge-key", MFD_CLOEXEC);
  if (descriptor < 0)
    throw new LodgeError("host.permission", { what: "create a file in memory (memfd_create)" });
  // Whoever reads it as it was inherited begins where it stands: at its beginning.
  const bytes = Buffer.from(content);
  writeSync(descriptor, bytes, 0, bytes.length, 0);
  return descriptor;
}

/** `work` is given the descriptor, and runs the program with it. */
export async function withNamelessFile<T>(
  content: string,
  work: (descriptor: number) => Promise<T>,
): Promise<T> {
  const descriptor = namelessFile(content);
  try {
    return await work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
