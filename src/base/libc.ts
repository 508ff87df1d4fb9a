/**
 * The functions of libc that Node does not offer, called through its FFI: the one place that uses it.
 *
 * Node must run with --experimental-ffi (bin/lodged does). See docs/decisions/0002-sealed-ram.md.
 */
import { createRequire } from "node:module";

/** The part of node:ffi that is used here; @types/node does not describe it yet. */
interface Ffi {
  dlopen(
    library: string,
    functions: Record<string, { return: string; arguments: string[] }>,
  ): { functions: Record<string, (...args: (number | bigint | string | Int32Array)[]) => number> };
}

let loaded: ReturnType<Ffi["dlopen"]>["functions"] | undefined;

function call(
  name: "memfd_create" | "fcntl" | "socketpair" | "malloc_trim" | "madvise",
  ...args: (number | bigint | string | Int32Array)[]
): number {
  loaded ??= (createRequire(import.meta.url)("node:ffi") as Ffi).dlopen("libc.so.6", {
    memfd_create: { return: "int32", arguments: ["string", "uint32"] },
    fcntl: { return: "int32", arguments: ["int32", "int32", "int32"] },
    socketpair: { return: "int32", arguments: ["int32", "int32", "int32", "pointer"] },
    malloc_trim: { return: "int32", arguments: ["uint64"] },
    madvise: { return: "int32", arguments: ["uint64", "uint64", "int32"] },
  }).functions;
  return loaded[name]!(...args);
}

/** memfd_create(2): a descriptor, or -1. */
export const memfdCreate = (name: string, flags: number): number => call("memfd_create", name, flags);

/** fcntl(2) with a number as its argument: what the command gives, or -1. */
export const fcntl = (fd: number, command: number, argument: number): number =>
  call("fcntl", fd, command, argument);

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;

/**
 * socketpair(2): two unix sockets that are connected to each other and have no name. Neither is inherited by
 * a program, unless it is given to it. Undefined where the kernel refuses.
 */
export function socketPair(): readonly [number, number] | undefined {
  const pair = new Int32Array(2);
  if (call("socketpair", AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) !== 0) return undefined;
  return [pair[0]!, pair[1]!];
}

/** malloc_trim(3): gives pages of freed memory back to the host, which glibc keeps to itself otherwise. */
export const mallocTrim = (): void => void call("malloc_trim", 0n);

const MADV_DONTNEED = 4;

/** madvise(2) with MADV_DONTNEED: pages of an unchanged file are read from it again when they are needed. */
export const dropPages = (address: bigint, length: bigint): void =>
  void call("madvise", address, length, MADV_DONTNEED);
