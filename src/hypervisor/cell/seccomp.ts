/**
 * What a program in a cell may not ask of the kernel, as a program for seccomp(2). QEMU has a filter of its own
 * (-sandbox), which it installs itself once it is up; this one holds from before its first instruction.
 *
 *   unknown architecture            killed
 *   a call of `denied`              EPERM
 *   clone with a new namespace      EPERM        clone3: ENOSYS, so that libc asks by clone
 *   a socket of another family      EAFNOSUPPORT than unix and IP: vsock is not bounded by a network namespace
 *   of a server of files besides:   chroot and unshare(CLONE_FS) are allowed; making a file setuid or setgid: EPERM
 *   everything else                 as usual
 *
 * Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux.
 */
import { LodgeError } from "#contract/errors";

/** Each call with its number on x86-64 and on ARM64; null where an architecture has it not. */
export const denied: Readonly<Record<string, readonly [number, number | null]>> = {
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  mknod: [133, null],
  mknodat: [259, 33],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  reboot: [169, 142],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  settimeofday: [164, 170],
  adjtimex: [159, 171],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
};

interface Architecture {
  /** AUDIT_ARCH_* of linux/audit.h. */
  readonly audit: number;
  readonly column: 0 | 1;
  readonly clone: number;
  readonly clone3: number;
  readonly socket: number;
  readonly unshare: number;
  readonly chroot: number;
  /** Calls that give a file its mode, and which of their arguments that is. */
  readonly modes: readonly (readonly [call: number, argument: number])[];
  /** Those of which a filter cannot see it. */
  readonly hiddenModes: readonly number[];
  /** Numbers from here on are those of another ABI (x32). */
  readonly end: number;
}

const architectures: Readonly<Record<string, Architecture>> = {
  x64: {
    audit: 0xc000003e,
    column: 0,
    clone: 56,
    clone3: 435,
    socket: 41,
    unshare: 272,
    chroot: 161,
    // open, creat, chmod, fchmod, openat, fchmodat, mkdir, mkdirat
    modes: [
      [2, 2],
      [85, 1],
      [90, 1],
      [91, 1],
      [257, 3],
      [268, 2],
      [83, 1],
      [258, 2],
    ],
    // openat2, whose mode is in memory; fchmodat2, which libraries do without.
    hiddenModes: [437, 452],
    end: 0x40000000,
  },
  arm64: {
    audit: 0xc00000b7,
    column: 1,
    clone: 220,
    clone3: 435,
    socket: 198,
    unshare: 97,
    chroot: 51,
    // fchmod, fchmodat, openat, mkdirat
    modes: [
      [52, 1],
      [53, 2],
      [56, 3],
      [34, 2],
    ],
    hiddenModes: [437, 452],
    end: 0x40000000,
  },
};

/** Operations of classic BPF (linux/bpf_common.h). */
const load = 0x20;
const equal = 0x15;
const atLeast = 0x35;
const anyBit = 0x45;
const give = 0x06;

/** Where struct seccomp_data has the call's number, its architecture and the lower half of its first argument. */
const numberAt = 0;
const archAt = 4;
const firstArgumentAt = 16;
const argumentAt = (index: number): number => firstArgumentAt + 8 * index;

const allow = 0x7fff0000;
const kill = 0x80000000;
const errno = (code: number) => 0x00050000 | code;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; NEWTIME is no flag of clone. */
const newNamespaces = 0x7e020000;
/** AF_UNIX, AF_INET, AF_INET6. */
const families = [1, 2, 10];
/** S_ISUID and S_ISGID. */
const setId = 0o6000;

/** What a program may do that others may not, or may not that others may. */
export interface Calls {
  /** Families of sockets besides the usual ones. */
  readonly families?: readonly number[];
  /** It serves files to strangers, from below a folder. */
  readonly servesFiles?: boolean;
}

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/** Gives `answer` where the value that was loaded passes the test. */
const where = (test: number, value: number, answer: number): Instruction[] => [
  [test, 0, 1, value],
  [give, 0, 0, answer],
];

/** A server of files: a thread may have a root and a folder of its own, and no file that it makes runs as somebody else. */
function fileServer(its: Architecture): Instruction[] {
  return [
    ...its.hiddenModes.flatMap((number) => where(equal, number, errno(ENOSYS))),
    ...where(equal, its.chroot, allow),
    [equal, 0, 4, its.unshare],
    [load, 0, 0, firstArgumentAt],
    ...where(anyBit, newNamespaces, errno(EPERM)),
    [give, 0, 0, allow],
    ...its.modes.flatMap(([number, argument]): Instruction[] => [
      [equal, 0, 4, number],
      [load, 0, 0, argumentAt(argument)],
      ...where(anyBit, setId, errno(EPERM)),
      [give, 0, 0, allow],
    ]),
  ];
}

/** The filter for this processor's programs. @throws LodgeError api.unsupported for one that it is not known for. */
export function seccompProgram(
  arch: string = process.arch,
  { families: more = [], servesFiles = false }: Calls = {},
): Uint8Array {
  const its = architectures[arch];
  if (!its)
    throw new LodgeError("api.unsupported", { what: "a cell", reason: `its calls on ${arch} are not known` });
  const allowed = [...families, ...more];
  const numbers = Object.values(denied).flatMap((both) => both[its.column] ?? []);
  const instructions: Instruction[] = [
    [load, 0, 0, archAt],
    [equal, 1, 0, its.audit],
    [give, 0, 0, kill],
    [load, 0, 0, numberAt],
    ...where(atLeast, its.end, errno(ENOSYS)),
    ...where(equal, its.clone3, errno(ENOSYS)),
    ...(servesFiles ? fileServer(its) : []),
    ...numbers.flatMap((number) => where(equal, number, errno(EPERM))),
    // Each of the two that look at an argument ends the program: nothing else is loaded after it.
    [equal, 0, 4, its.clone],
    [load, 0, 0, firstArgumentAt],
    ...where(anyBit, newNamespaces, errno(EPERM)),
    [give, 0, 0, allow],
    [equal, 0, 2 + 2 * allowed.length, its.socket],
    [load, 0, 0, firstArgumentAt],
    ...allowed.flatMap((family) => where(equal, family, allow)),
    [give, 0, 0, errno(EAFNOSUPPORT)],
    [give, 0, 0, allow],
  ];
  const bytes = Buffer.alloc(instructions.length * 8);
  for (const [at, [code, ifTrue, ifFalse, value]] of instructions.entries()) {
    bytes.writeUInt16LE(code, at * 8);
    bytes.writeUInt8(ifTrue, at * 8 + 2);
    bytes.writeUInt8(ifFalse, at * 8 + 3);
    bytes.writeUInt32LE(value, at * 8 + 4);
  }
  return bytes;
}
