import { basename } from "node:path";
import { LodgeError } from "#contract/errors";
import { findProgram, startChild } from "./child.ts";
import { howEnded, type Ending } from "./endings.ts";

export interface ExecOptions {
  /** Written to the command's standard input, which is closed after it. */
  input?: string | Uint8Array;
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  signal?: AbortSignal;
  /** Milliseconds until the command is killed. Default 60,000; 0 means no limit. */
  timeout?: number;
  /** Descriptors that it inherits: the first as its 3. */
  descriptors?: readonly number[];
  /** What errors call it, where it is started by another program. */
  name?: string;
  /** Called with each line of standard error as it comes, for progress. */
  onStderrLine?: (line: string) => void;
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** Bytes of output and of complaints that are kept: it may be somebody's image that decides how many there are. */
const mostOutput = 64 * 1024 * 1024;
const mostComplaints = 256 * 1024;

/** This process's, and where Debian keeps programs of root's that others may run too: their PATH does not lead there. */
export const searchPath = (): string => `${process.env["PATH"] ?? "/usr/bin:/bin"}:/usr/sbin:/sbin`;

/** Which Debian package has a program, where the names differ. */
const packages: Readonly<Record<string, string>> = {
  "qemu-img": "qemu-utils",
  "qemu-system-x86_64": "qemu-system-x86",
  ip: "iproute2",
  bridge: "iproute2",
  wg: "wireguard-tools",
  nft: "nftables",
  dnsmasq: "dnsmasq-base",
  sfdisk: "fdisk",
  mke2fs: "e2fsprogs",
  newuidmap: "uidmap",
  bwrap: "bubblewrap",
  setpriv: "util-linux",
  unshare: "util-linux",
  rbd: "ceph-common",
  ceph: "ceph-common",
  "qemu-storage-daemon": "qemu-system-common",
  etcd: "etcd-server",
  etcdctl: "etcd-client",
  genisoimage: "genisoimage",
};

/** That a program is not there, with the package that has it. */
export const commandMissing = (command: string, cause: unknown): LodgeError =>
  new LodgeError(
    "host.command_missing",
    { command, package: packages[basename(command)] ?? basename(command) },
    { cause },
  );

/**
 * Runs a program to its end; the only way commands are run. Takes an argument array: there is no shell.
 *
 * @throws LodgeError host.command_missing, host.command_failed (detail: its stderr),
 *   host.command_timeout; the signal's reason when aborted.
 */
export async function exec(
  command: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  options.signal?.throwIfAborted();
  const { name = command } = options;
  const PATH = searchPath();
  const env = { PATH, LC_ALL: "C.UTF-8", ...options.env };
  const file = findProgram(command, env.PATH);
  if (file === undefined) throw commandMissing(command, undefined);
  const { cwd, input, descriptors = [] } = options;
  const child = startChild(file, args, { env, cwd, hasInput: input !== undefined, descriptors });
  return await new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    let stderr: Buffer = Buffer.alloc(0);
    let length = 0;
    let partial = "";
    let failure: unknown;
    const limit = options.timeout ?? 60_000;
    const timer =
      limit === 0
        ? undefined
        : setTimeout(() => {
            failure = new LodgeError("host.command_timeout", { command: name, seconds: limit / 1000 });
            child.kill("SIGKILL");
          }, limit);
    const onAbort = () => {
      failure = options.signal?.reason;
      child.kill("SIGTERM");
    };
    options.signal?.addEventListener("abort", onAbort, { once: true });
    child.stdout.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= mostOutput) return void stdout.push(chunk);
      failure ??= new LodgeError("host.command_failed", { command: name, status: "it says too much" });
      child.kill("SIGKILL");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr = Buffer.concat([stderr, chunk]);
      if (stderr.length > mostComplaints) stderr = Buffer.from(stderr.subarray(-mostComplaints / 2));
      if (!options.onStderrLine) return;
      const lines = (partial + chunk.toString()).split("\n");
      partial = (lines.pop() ?? "").slice(-mostComplaints);
      for (const line of lines) options.onStderrLine(line);
    });
    child.stdin?.on("error", () => {
      // The program ended without reading all of its input; its exit status tells.
    });
    const end = (ending: Ending) => {
      if (failure !== undefined) return reject(failure);
      const result = { stdout: Buffer.concat(stdout).toString(), stderr: stderr.toString() };
      if (ending.status === 0) return resolve(result);
      const detail = (result.stderr || result.stdout).slice(-4000);
      reject(new LodgeError("host.command_failed", { command: name, status: howEnded(ending) }, { detail }));
    };
    void child.ended.then(end, reject).finally(() => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
    });
    if (input !== undefined) child.stdin?.end(input);
  });
}
