/**
 * The functions of libc that Node does not offer, called through its FFI: the one place that uses it.
 *
 * Node must run with --experimental-ffi (bin/lodged does). See docs/decisions/0002-sealed-ram.md.
 */
import { closeSync, openSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { constants as system } from "node:os";

/** The part of node:ffi that is used here; @types/node does not describe it yet. */
interface Ffi {
  dlopen(
    library: string,
    functions: Record<string, { return: string; arguments: string[] }>,
  ): { functions: Record<string, (...args: (number | bigint | string | Value)[]) => number> };
}

/** Memory that a function reads or writes. */
type Value = Int32Array | BigUint64Array | Uint8Array;

let loaded: ReturnType<Ffi["dlopen"]>["functions"] | undefined;

function call(
  name:
    | "memfd_create"
    | "fcntl"
    | "ioctl"
    | "prlimit64"
    | "pipe2"
    | "socketpair"
    | "socket"
    | "bind"
    | "listen"
    | "connect"
    | "shutdown"
    | "sendmsg"
    | "malloc_trim"
    | "madvise"
    | "syscall"
    | "mlock2"
    | "sched_setscheduler"
    | "clock_gettime"
    | "posix_spawn"
    | "posix_spawn_file_actions_init"
    | "posix_spawn_file_actions_addchdir_np"
    | "posix_spawn_file_actions_adddup2"
    | "posix_spawn_file_actions_destroy"
    | "posix_spawnattr_init"
    | "posix_spawnattr_setflags"
    | "posix_spawnattr_setsigdefault"
    | "posix_spawnattr_setsigmask"
    | "posix_spawnattr_destroy"
    | "waitpid",
  ...args: (number | bigint | string | Value)[]
): number {
  loaded ??= (createRequire(import.meta.url)("node:ffi") as Ffi).dlopen("libc.so.6", {
    memfd_create: { return: "int32", arguments: ["string", "uint32"] },
    fcntl: { return: "int32", arguments: ["int32", "int32", "int32"] },
    ioctl: { return: "int32", arguments: ["int32", "uint64", "pointer"] },
    prlimit64: { return: "int32", arguments: ["int32", "int32", "pointer", "pointer"] },
    sendmsg: { return: "int32", arguments: ["int32", "pointer", "int32"] },
    pipe2: { return: "int32", arguments: ["pointer", "int32"] },
    socketpair: { return: "int32", arguments: ["int32", "int32", "int32", "pointer"] },
    socket: { return: "int32", arguments: ["int32", "int32", "int32"] },
    bind: { return: "int32", arguments: ["int32", "pointer", "uint32"] },
    listen: { return: "int32", arguments: ["int32", "int32"] },
    connect: { return: "int32", arguments: ["int32", "pointer", "uint32"] },
    shutdown: { return: "int32", arguments: ["int32", "int32"] },
    malloc_trim: { return: "int32", arguments: ["uint64"] },
    madvise: { return: "int32", arguments: ["uint64", "uint64", "int32"] },
    syscall: { return: "int32", arguments: ["int64", "int64", "int64", "int64", "int64"] },
    mlock2: { return: "int32", arguments: ["uint64", "uint64", "uint32"] },
    sched_setscheduler: { return: "int32", arguments: ["int32", "int32", "pointer"] },
    clock_gettime: { return: "int32", arguments: ["int32", "pointer"] },
    posix_spawn: {
      return: "int32",
      arguments: ["pointer", "string", "pointer", "pointer", "pointer", "pointer"],
    },
    posix_spawn_file_actions_init: { return: "int32", arguments: ["pointer"] },
    posix_spawn_file_actions_addchdir_np: { return: "int32", arguments: ["pointer", "string"] },
    posix_spawn_file_actions_adddup2: { return: "int32", arguments: ["pointer", "int32", "int32"] },
    posix_spawn_file_actions_destroy: { return: "int32", arguments: ["pointer"] },
    posix_spawnattr_init: { return: "int32", arguments: ["pointer"] },
    posix_spawnattr_setflags: { return: "int32", arguments: ["pointer", "int16"] },
    posix_spawnattr_setsigdefault: { return: "int32", arguments: ["pointer", "pointer"] },
    posix_spawnattr_setsigmask: { return: "int32", arguments: ["pointer", "pointer"] },
    posix_spawnattr_destroy: { return: "int32", arguments: ["pointer"] },
    waitpid: { return: "int32", arguments: ["int32", "pointer", "int32"] },
  }).functions;
  return loaded[name]!(...args);
}

/** Can these be called? Not where Node runs without its FFI, as for the command line. */
export function isCallable(): boolean {
  try {
    createRequire(import.meta.url)("node:ffi");
    return true;
  } catch {
    return false;
  }
}

/** memfd_create(2): a descriptor, or -1. */
export const memfdCreate = (name: string, flags: number): number => call("memfd_create", name, flags);

/** fcntl(2) with a number as its argument: what the command gives, or -1. */
export const fcntl = (fd: number, command: number, argument: number): number =>
  call("fcntl", fd, command, argument);

const F_DUPFD_CLOEXEC = 1030;

/** fcntl(2) with F_DUPFD_CLOEXEC: the same open file by one more descriptor, at least this one, that is not inherited; or -1. */
export const duplicate = (fd: number, atLeast = 0): number => fcntl(fd, F_DUPFD_CLOEXEC, atLeast);

const SHUT_RDWR = 2;

/** shutdown(2) of a socket in both directions: for every program that has it. */
export const shutDown = (socket: number): void => void call("shutdown", socket, SHUT_RDWR);

/** ioctl(2) with memory as its argument: what the request gives, or -1. */
export const ioctl = (fd: number, request: number, argument: Uint8Array): number =>
  call("ioctl", fd, BigInt(request), argument);

/** RLIMIT_* of bits/resource.h that are used. */
export const limits = { fileSize: 1, core: 4, processes: 6, files: 7, lockedMemory: 8, queues: 12 } as const;

/** prlimit(2): the most of a resource that a process may have, from now on and for good; says whether it was set. */
export function limitProcess(pid: number, resource: number, most: number): boolean {
  const value = new BigUint64Array([BigInt(most), BigInt(most)]);
  return call("prlimit64", pid, resource, value, 0n) === 0;
}

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

/** struct sockaddr_un of linux/un.h. */
function unixAddress(path: string): Buffer {
  const name = Buffer.from(`${path}\0`);
  const address = Buffer.alloc(2 + name.length);
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, 2);
  return address;
}

/** The longest path that such an address holds, in bytes. */
const longestUnixPath = 107;

/**
 * A unix socket that listens, and one that is connected to it and waits to be accepted: what a socketpair is for a
 * program that wants to accept. `path` is where they meet, in a folder that is the caller's alone; it is free afterwards.
 * Undefined where the kernel refuses.
 */
export function acceptablePair(
  path: string,
): { readonly listens: number; readonly calls: number } | undefined {
  if (Buffer.byteLength(path) > longestUnixPath) return undefined;
  const address = unixAddress(path);
  const [listens, calls] = [0, 1].map(() => call("socket", AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const met =
    listens! >= 0 &&
    calls! >= 0 &&
    call("bind", listens!, address, address.length) === 0 &&
    call("listen", listens!, 1) === 0 &&
    call("connect", calls!, address, address.length) === 0;
  rmSync(path, { force: true });
  if (met) return { listens: listens!, calls: calls! };
  for (const fd of [listens!, calls!]) if (fd >= 0) closeSync(fd);
  return undefined;
}

/**
 * pipe2(2), opened once more for reading and writing: whoever reads from it is never told that nobody writes any more,
 * and waits. Undefined where the kernel refuses.
 */
export function openPipe(): number | undefined {
  const ends = new Int32Array(2);
  if (call("pipe2", ends, SOCK_CLOEXEC) !== 0) return undefined;
  try {
    return openSync(`/proc/self/fd/${ends[0]!}`, "r+");
  } finally {
    for (const end of ends) closeSync(end);
  }
}

/** malloc_trim(3): gives pages of freed memory back to the host, which glibc keeps to itself otherwise. */
export const mallocTrim = (): void => void call("malloc_trim", 0n);

const MADV_DONTNEED = 4;

/** madvise(2) with MADV_DONTNEED: pages of an unchanged file are read from it again when they are needed. */
export const dropPages = (address: bigint, length: bigint): void =>
  void call("madvise", address, length, MADV_DONTNEED);

const CLOCK_BOOTTIME = 7;

/**
 * clock_gettime(2): milliseconds since this computer booted, of which those that it slept through count as well. Nobody can
 * set this clock, and it is the same in every process.
 */
export function bootTime(): number {
  const time = new BigUint64Array(2);
  call("clock_gettime", CLOCK_BOOTTIME, time);
  return Number(time[0]!) * 1000 + Number(time[1]!) / 1e6;
}

/** Of every architecture: the table of system calls is one since these. */
const SYS_pidfd_send_signal = 424n;
const SYS_pidfd_open = 434n;

/** pidfd_open(2): a descriptor of this very process, whatever becomes of its id; -1 where there is none. Not inherited. */
export const pidfdOpen = (pid: number): number => call("syscall", SYS_pidfd_open, BigInt(pid), 0n, 0n, 0n);

/** pidfd_send_signal(2): says whether the process was there to get it. */
export const pidfdSignal = (pidfd: number, signal: number): boolean =>
  call("syscall", SYS_pidfd_send_signal, BigInt(pidfd), BigInt(signal), 0n, 0n) === 0;

const MLOCK_ONFAULT = 1;

/** mlock2(2): what this process has touched of this memory, and touches of it from now on, stays there; says whether it does. */
export const lockMemory = (address: bigint, length: bigint): boolean =>
  call("mlock2", address, length, MLOCK_ONFAULT) === 0;

const SCHED_RR = 2;
const SCHED_RESET_ON_FORK = 0x40000000;

/** sched_setscheduler(2): this thread goes before all that have no real-time priority; says whether it does. */
export const goFirst = (): boolean =>
  call("sched_setscheduler", 0, SCHED_RR | SCHED_RESET_ON_FORK, new Int32Array([1])) === 0;

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_NOSIGNAL = 0x4000;

/** Where a buffer's bytes are in this process's memory: its structures hold addresses of each other. */
const addressOf = (buffer: Uint8Array): bigint =>
  (createRequire(import.meta.url)("node:ffi") as Pointers).getRawPointer(buffer);

interface Pointers {
  getRawPointer(buffer: Uint8Array): bigint;
}

/**
 * sendmsg(2) over a unix socket: these bytes, and a descriptor that goes along with them (unix(7)). How many
 * bytes were sent, or -1. The structures are those of 64-bit Linux.
 */
export function sendWithDescriptor(socket: number, bytes: Uint8Array, descriptor: number): number {
  const part = Buffer.alloc(16);
  part.writeBigUInt64LE(addressOf(bytes), 0);
  part.writeBigUInt64LE(BigInt(bytes.byteLength), 8);
  const control = Buffer.alloc(24);
  control.writeBigUInt64LE(20n, 0); // CMSG_LEN of one descriptor
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  control.writeInt32LE(descriptor, 16);
  const message = Buffer.alloc(56);
  message.writeBigUInt64LE(addressOf(part), 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(addressOf(control), 32);
  message.writeBigUInt64LE(24n, 40);
  return call("sendmsg", socket, message, MSG_NOSIGNAL);
}

export interface Program {
  /** Of its file. */
  readonly path: string;
  /** With its name as the first. */
  readonly args: readonly string[];
  /** NAME=value. */
  readonly env: readonly string[];
  readonly cwd?: string | undefined;
  /** What it has open: the first as its 0. */
  readonly descriptors: readonly number[];
  /** In a session of its own? */
  readonly ownSession?: boolean;
}

/** sizeof(posix_spawn_file_actions_t), posix_spawnattr_t and sigset_t of glibc, where pointers have 64 bits. */
const sizes = { actions: 80, attributes: 336, signals: 128 } as const;
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;

/** Strings of C, and what keeps them where they are. */
function stringsOfC(texts: readonly string[]): { readonly array: Buffer; readonly held: readonly Buffer[] } {
  const held = texts.map((text) => Buffer.from(`${text}\0`));
  const array = Buffer.alloc(8 * (held.length + 1));
  for (const [i, text] of held.entries()) array.writeBigUInt64LE(addressOf(text), 8 * i);
  return { array, held };
}

/**
 * posix_spawn(3): starts a program as a child of this process, with all signals as they are by default. Unlike fork(2), it copies
 * nothing of this process, which a large one stands still for. Gives its id, or the error's number below 0. It is the caller's to
 * reap.
 */
export function spawnProgram({ path, args, env, cwd, descriptors, ownSession }: Program): number {
  const actions = Buffer.alloc(sizes.actions);
  const attributes = Buffer.alloc(sizes.attributes);
  const [argv, envp] = [stringsOfC(args), stringsOfC(env)];
  const pid = new Int32Array(1);
  call("posix_spawn_file_actions_init", actions);
  call("posix_spawnattr_init", attributes);
  const session = ownSession ? POSIX_SPAWN_SETSID : 0;
  call("posix_spawnattr_setflags", attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | session);
  call("posix_spawnattr_setsigdefault", attributes, Buffer.alloc(sizes.signals, 0xff));
  call("posix_spawnattr_setsigmask", attributes, Buffer.alloc(sizes.signals));
  // Beyond all that they become: none overwrites another.
  const above = descriptors.map((fd) => duplicate(fd, descriptors.length));
  try {
    if (above.some((fd) => fd < 0)) return -system.errno.EMFILE;
    if (cwd !== undefined) call("posix_spawn_file_actions_addchdir_np", actions, cwd);
    for (const [i, fd] of above.entries()) call("posix_spawn_file_actions_adddup2", actions, fd, i);
    const error = call("posix_spawn", pid, path, actions, attributes, argv.array, envp.array);
    return error === 0 ? pid[0]! : -error;
  } finally {
    for (const fd of above) if (fd >= 0) closeSync(fd);
    call("posix_spawn_file_actions_destroy", actions);
    call("posix_spawnattr_destroy", attributes);
  }
}

const WNOHANG = 1;

/**
 * waitpid(2) of a child that spawnProgram() started: how it ended, as wait(2) has it; undefined while it runs. Of one that is not this
 * process's to reap: that it exited with 255.
 */
export function reap(pid: number): number | undefined {
  const status = new Int32Array(1);
  const ended = call("waitpid", pid, status, WNOHANG);
  if (ended === 0) return undefined;
  return ended === pid ? status[0]! : 255 << 8;
}
