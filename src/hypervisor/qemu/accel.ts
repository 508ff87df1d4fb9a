/**
 * Which accelerator counts on this host.
 *
 *   /dev/kvm missing or closed ────────────────────────────────► tcg
 *   proved (or disproved) since this host started, same QEMU ──► as it was
 *   a kernel at hand ──► boot it under KVM ──► comes to its end ► kvm, kept until the next start of the host
 *                                          └─► fails or hangs ──► tcg, kept likewise
 *   no kernel at hand ─────────────────────────────────────────► tcg for now; asked again once an image exists
 *
 * A `/dev/kvm` that opens proves nothing: there are hosts where it opens and an ordinary kernel fails in it.
 */
import { constants } from "node:fs";
import { access, mkdir, open, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "#base/clock";
import { probe, type ProbeOptions, type Verdict } from "./probe.ts";

/**
 * proved: a kernel ran under KVM. failed: it did not. absent: there is no device. denied: it does not open.
 * unproved: it opens, and there was no kernel to prove it with yet: ask again once there is one.
 */
export type Finding = "proved" | "failed" | "absent" | "denied" | "unproved";

export interface Accelerator {
  readonly accelerator: "kvm" | "tcg";
  /** How it was found, in words. */
  readonly reason: string;
  readonly finding: Finding;
  /** When it was found, RFC 3339. */
  readonly provedAt: string;
  /** The kernel's id of the host's present boot. */
  readonly bootId: string;
  /** The QEMU it was proved with (QemuFeatures.identity). */
  readonly qemu: string;
}

/** What is known before anything is booted. */
export interface Facts {
  /** Undefined when /dev/kvm opens. */
  readonly refused: Refusal | undefined;
  readonly kept: Accelerator | undefined;
  readonly bootId: string;
  readonly qemu: string;
  readonly kernel: string | undefined;
}

interface Refusal {
  readonly finding: Finding;
  readonly reason: string;
}

export type Decision =
  | { readonly use: "kept"; readonly kept: Accelerator }
  | ({ readonly use: "tcg" } & Refusal)
  | { readonly use: "probe"; readonly kernel: string };

/** The diagram above, as a pure function. */
export function decide({ refused, kept, bootId, qemu, kernel }: Facts): Decision {
  if (refused) return { use: "tcg", ...refused };
  if (kept && kept.bootId === bootId && kept.qemu === qemu) return { use: "kept", kept };
  if (kernel !== undefined) return { use: "probe", kernel };
  const reason =
    "/dev/kvm opens, but there is no kernel yet to prove it with; it is tried once an image is built";
  return { use: "tcg", finding: "unproved", reason };
}

async function refusal(device: string): Promise<Refusal | undefined> {
  try {
    await (await open(device, constants.O_RDWR)).close();
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return { finding: "absent", reason: `there is no ${device}` };
    if (code === "EACCES" || code === "EPERM")
      return { finding: "denied", reason: `${device} may not be opened by this user` };
    return { finding: "denied", reason: `${device} does not open (${code})` };
  }
}

/** Only what a probe said is kept; a file of another form counts as none. */
async function readKept(file: string): Promise<Accelerator | undefined> {
  try {
    const kept = JSON.parse(await readFile(file, "utf8")) as Accelerator;
    return kept.finding === "proved" || kept.finding === "failed" ? kept : undefined;
  } catch {
    return undefined;
  }
}

const readable = (file: string): Promise<boolean> =>
  access(file, constants.R_OK).then(
    () => true,
    () => false,
  );

/** The first kernel that can be read: those given (of images), then the host's own, newest name first. */
async function findKernel(given: readonly string[], bootFolder: string): Promise<string | undefined> {
  const own = await readdir(bootFolder).catch(() => []);
  const names = own.filter((name) => name.startsWith("vmlinuz-") && !name.includes("rescue"));
  names.sort((a, b) => b.localeCompare(a, undefined, { numeric: true }));
  for (const file of [...given, ...names.map((name) => join(bootFolder, name))])
    if (await readable(file)) return file;
  return undefined;
}

export interface AcceleratorOptions {
  /** QEMU's path and identity, from features.ts. */
  readonly qemu: { readonly binary: string; readonly identity: string };
  readonly cacheFile: string;
  /** Kernels of images, best first; those that cannot be read are passed over. */
  readonly kernels: readonly string[];
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Milliseconds a kernel may take under KVM. Default 10,000. */
  readonly limit?: number;
  readonly device?: string;
  readonly bootFolder?: string;
  readonly bootIdFile?: string;
  readonly probe?: (options: ProbeOptions) => Promise<Verdict>;
}

/**
 * Finds the accelerator that counts; boots a kernel at most once per boot of the host and QEMU. Takes up to
 * `limit` then: do not let the daemon's start wait for it.
 *
 * @throws only the signal's reason, or what writing the cache file throws.
 */
export async function findAccelerator(options: AcceleratorOptions): Promise<Accelerator> {
  const bootId = (await readFile(options.bootIdFile ?? "/proc/sys/kernel/random/boot_id", "utf8")).trim();
  const decision = decide({
    refused: await refusal(options.device ?? "/dev/kvm"),
    kept: await readKept(options.cacheFile),
    bootId,
    qemu: options.qemu.identity,
    kernel: await findKernel(options.kernels, options.bootFolder ?? "/boot"),
  });
  if (decision.use === "kept") return decision.kept;
  const now = {
    provedAt: new Date(options.clock.now()).toISOString(),
    bootId,
    qemu: options.qemu.identity,
  };
  const tcg = (finding: Finding, reason: string): Accelerator => {
    return { accelerator: "tcg", finding, reason, ...now };
  };
  if (decision.use === "tcg") return tcg(decision.finding, decision.reason);
  const scratch = dirname(options.cacheFile);
  await mkdir(scratch, { recursive: true });
  const verdict = await (options.probe ?? probe)({
    binary: options.qemu.binary,
    accelerator: "kvm",
    // What guests get under KVM.
    cpuModel: "host",
    kernel: decision.kernel,
    scratch,
    limit: options.limit ?? 10_000,
    ...(options.signal && { signal: options.signal }),
  });
  const proved: Accelerator = verdict.works
    ? { accelerator: "kvm", finding: "proved", reason: verdict.reason, ...now }
    : tcg("failed", `/dev/kvm opens, but under it ${verdict.reason}`);
  await writeFile(`${options.cacheFile}.new`, JSON.stringify(proved));
  await rename(`${options.cacheFile}.new`, options.cacheFile);
  return proved;
}
