/** A passphrase for a program of QEMU's: in a file without a name, in memory, which it inherits and nobody else can open. */
import { closeSync, writeSync } from "node:fs";
import { LodgeError } from "#contract/errors";
import { memfdCreate } from "#base/libc";

const MFD_CLOEXEC = 1;

/** `work` is given the descriptor, and runs the program with it. */
export async function withKey<T>(key: string, work: (descriptor: number) => Promise<T>): Promise<T> {
  const descriptor = memfdCreate("lodge-key", MFD_CLOEXEC);
  if (descriptor < 0)
    throw new LodgeError("host.permission", { what: "create a file in memory (memfd_create)" });
  try {
    writeSync(descriptor, key);
    return await work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
