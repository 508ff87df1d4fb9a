/** memfd_create(2) and its seals. See docs/decisions/0002-sealed-ram.md. */
import { fcntl, memfdCreate } from "#base/libc";
import { LodgeError } from "#contract/errors";

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
const F_SEAL_SEAL = 1;
const F_SEAL_SHRINK = 2;
const F_SEAL_GROW = 4;
const F_SEAL_WRITE = 8;
const everySeal = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

/** A new, empty anonymous file in memory; returns its descriptor, which the caller closes. */
export function createMemfd(name: string): number {
  const fd = memfdCreate(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) throw new LodgeError("host.permission", { what: "create a file in memory (memfd_create)" });
  return fd;
}

/**
 * Forbids for ever that the file is written, resized or unsealed, by anyone. Fails while somebody
 * maps it shared and writable. A private mapping stays possible: writes then copy the page.
 */
export function sealMemfd(fd: number): void {
  if (fcntl(fd, F_ADD_SEALS, everySeal) !== 0) {
    throw new LodgeError("host.permission", {
      what: "seal a template's memory: it is still mapped for writing",
    });
  }
}

export const isSealed = (fd: number): boolean => (fcntl(fd, F_GET_SEALS, 0) & F_SEAL_WRITE) !== 0;
