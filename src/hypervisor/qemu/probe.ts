/**
 * Runs an ordinary Linux kernel under an accelerator and watches how far it comes.
 *
 * Without an initrd or disk a kernel that works ends in a panic of its own: "Unable to mount root fs". By
 * then it has set up paging in long mode, calibrated and taken timer interrupts, started its other threads
 * and switched between them: what a guest needs, and what the known broken accelerators fail at.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

export interface ProbeOptions {
  readonly binary: string;
  readonly accelerator: "kvm" | "tcg";
  readonly cpuModel: string;
  /** A bzImage with a serial console, as every distribution's is. */
  readonly kernel: string;
  /** An existing folder in which the probe makes one of its own. */
  readonly scratch: string;
  /** Milliseconds until the kernel counts as hung. */
  readonly limit: number;
  readonly signal?: AbortSignal;
}

export interface Verdict {
  readonly works: boolean;
  /** What was seen, as the end of a sentence: "Linux ran to its end in 1.2 s". */
  readonly reason: string;
}

/** What the probe has seen so far: the serial console, QEMU's standard error, and whether QEMU ended. */
export interface Seen {
  readonly console: string;
  readonly stderr: string;
  readonly ended?: string;
  readonly timedOut?: boolean;
  /** Milliseconds since the start. */
  readonly elapsed: number;
}

/** The last line, without the program's name that begins QEMU's messages. */
const lastLine = (text: string): string => {
  const line = text.trim().split("\n").at(-1)?.trim() ?? "";
  return line.replace(/^qemu-system-\w+: (error: )?/, "").slice(0, 200);
};

/** Judges what was seen; undefined while it is too early to say. */
export function judge(seen: Seen): Verdict | undefined {
  const seconds = (seen.elapsed / 1000).toFixed(1);
  if (/Unable to mount root fs/.test(seen.console))
    return { works: true, reason: `a Linux kernel ran to its end in ${seconds} s` };
  const broken = /^KVM internal error.*$|^error: kvm run failed.*$/m.exec(seen.stderr);
  if (broken)
    return { works: false, reason: `a Linux kernel failed after ${seconds} s: ${broken[0].trim()}` };
  if (seen.ended !== undefined) {
    const words =
      lastLine(seen.stderr.replace(/^.*Assertion.*$/m, "")) || lastLine(seen.stderr || seen.console);
    return {
      works: false,
      reason: `QEMU ended (${seen.ended}) before Linux had run${words && `: ${words}`}`,
    };
  }
  if (seen.timedOut) {
    const where = lastLine(seen.console);
    const words = where ? `its last words were "${where}"` : "it said nothing";
    return { works: false, reason: `a Linux kernel had not come to its end after ${seconds} s; ${words}` };
  }
  return undefined;
}

const split = (text: string): string[] => text.split(" ");

const argv = (options: ProbeOptions): string[] => [
  ...split("-machine q35 -m 256 -smp 1 -nodefaults -no-user-config -display none -no-reboot -serial stdio"),
  "-accel",
  options.accelerator,
  "-cpu",
  options.cpuModel,
  "-kernel",
  options.kernel,
  "-append",
  "console=ttyS0 earlyprintk=ttyS0 panic=-1",
];

/** Boots the kernel, waits for a verdict, and leaves no process and no file behind. Throws only when aborted. */
export async function probe(options: ProbeOptions): Promise<Verdict> {
  options.signal?.throwIfAborted();
  // QEMU may abort: a folder of its own catches the core file.
  const folder = await mkdtemp(join(options.scratch, "probe-"));
  try {
    return await watch(options, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function watch(options: ProbeOptions, folder: string): Promise<Verdict> {
  options.signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(options.binary, argv(options), { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let seen = { console: "", stderr: "" };
    let verdict: Verdict | undefined;
    const look = (more: Partial<Seen> = {}) => {
      verdict ??= judge({ ...seen, ...more, elapsed: performance.now() - start });
      if (verdict) child.kill("SIGKILL");
    };
    const timer = setTimeout(() => look({ timedOut: true }), options.limit);
    const onAbort = () => child.kill("SIGKILL");
    options.signal?.addEventListener("abort", onAbort, { once: true });
    child.stdout.on("data", (chunk: Buffer) => {
      seen = { ...seen, console: seen.console + chunk.toString("latin1") };
      look();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      seen = { ...seen, stderr: (seen.stderr + chunk.toString()).slice(0, 20_000) };
      look();
    });
    child.on("error", (error) => {
      verdict ??= { works: false, reason: `QEMU could not be started: ${error.message}` };
    });
    child.on("close", (status, killedBy) => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
      if (options.signal?.aborted) return reject(options.signal.reason);
      look({ ended: killedBy ?? `exit status ${status}` });
      resolve(verdict as Verdict);
    });
  });
}
