/**
 * memfd_create(2) and its seals, called through Node's FFI: the one place that needs it.
 *
 * Node must run with --experimental-ffi (bin/lodged does). See docs/decisions/0002-sealed-ram.md.
 */
import { createRequire } from "node:module";
import { LodgeError } from "#contract/errors";

/** The part of node:ffi that is used here; @types/node does not describe it yet. */
interface Ffi {
  dlopen(
    library: string,
    functions: Record<string, { return: string; arguments: string[] }>,
  ): { functions: Record<string, (...args: (number | string)[]) => number> };
}

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
const F_SEAL_SEAL = 1;
const F_SEAL_SHRINK = 2;
const F_SEAL_GROW = 4;
const F_SEAL_WRITE = 8;
const everySeal = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

let libc: ReturnType<Ffi["dlopen"]>["functions"] | undefined;

function call(name: "memfd_create" | "fcntl", ...args: (number | string)[]): number {
  libc ??= (createRequire(import.meta.url)("node:ffi") as Ffi).dlopen("libc.so.6", {
    memfd_create: { return: "int32", arguments: ["string", "uint32"] },
    fcntl: { return: "int32", arguments: ["int32", "int32", "int32"] },
  }).functions;
  return libc[name]!(...args);
}

/** A new, empty anonymous file in memory; returns its descriptor, which the caller closes. */
export function createMemfd(name: string): number {
  const fd = call("memfd_create", name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) throw new LodgeError("host.permission", { what: "create a file in memory (memfd_create)" });
  return fd;
}

/**
 * Forbids for ever that the file is written, resized or unsealed, by anyone. Fails while somebody
 * maps it shared and writable. A private mapping stays possible: writes then copy the page.
 */
export function sealMemfd(fd: number): void {
  if (call("fcntl", fd, F_ADD_SEALS, everySeal) !== 0) {
    throw new LodgeError("host.permission", {
      what: "seal a template's memory: it is still mapped for writing",
    });
  }
}

export const isSealed = (fd: number): boolean => (call("fcntl", fd, F_GET_SEALS, 0) & F_SEAL_WRITE) !== 0;
