/**
 * What this computer is and has, read from its kernel. Facts only: what they mean is said elsewhere.
 */
import { constants } from "node:fs";
import { access, readFile, readdir, stat, statfs } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import { searchPath } from "#base/exec";
import { isInstalled, lingers, serviceUnits, systemdRuns } from "#base/service";
import { readMemory, type HostMemory } from "./memory.ts";

export interface HostFacts {
  readonly memory: HostMemory;
  readonly disk: Disk;
  readonly cpu: {
    readonly count: number;
    /** The processor's own support for virtual machines, as /proc/cpuinfo names it. */
    readonly virtualization: "vmx" | "svm" | undefined;
    /** Is this computer itself a virtual machine? */
    readonly guest: boolean;
  };
  readonly privileged: boolean;
  readonly cgroup: Cgroup;
  /** Who may handle another's page faults: needed for snapshots of a running guest in the background. */
  readonly userfaultfd: "everyone" | "privileged" | "none";
  /** Does the kernel merge equal pages of different processes? */
  readonly ksm: "running" | "off" | "none";
  /** What keeps the clock right, where that can be known. */
  readonly clockKeptBy: string | undefined;
  /** Whether Lodge starts and stops with the computer, or with a user's login; "none": no systemd runs for this user. */
  readonly service: "installed" | "login" | "missing" | "none";
  /** Programs that were looked for, by name, and whether they are there. */
  readonly programs: Readonly<Record<string, boolean>>;
  /** Is UEFI firmware for guests installed? */
  readonly ovmf: boolean;
  /** Is there what serves shared folders? It lies where no search path leads. */
  readonly virtiofsd: boolean;
}

export interface Disk {
  readonly path: string;
  /** Bytes. */
  readonly total: number;
  /** Bytes that this user may still write. */
  readonly free: number;
}

export interface Cgroup {
  readonly version: 1 | 2 | "none";
  readonly controllers: readonly string[];
  /** May this process make groups of its own? */
  readonly writable: boolean;
}

const present = (path: string, mode = constants.F_OK): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );

const text = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

async function disk(path: string): Promise<Disk> {
  const { bsize, blocks, bavail } = await statfs(path);
  return { path, total: blocks * bsize, free: bavail * bsize };
}

export function parseCpu(cpuinfo: string): Pick<HostFacts["cpu"], "virtualization" | "guest"> {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.split(" "));
  const virtualization = flags.has("vmx") ? "vmx" : flags.has("svm") ? "svm" : undefined;
  return { virtualization, guest: flags.has("hypervisor") };
}

/** Version 2 has one tree; in version 1 (and in a mixed layout) each controller is mounted on its own. */
async function cgroup(root: string): Promise<Cgroup> {
  const unified = await text(join(root, "cgroup.controllers"));
  if (unified !== "") {
    const own = /^0::(.*)$/m.exec(await text("/proc/self/cgroup"))?.[1] ?? "/";
    const writable = await present(join(root, own, "cgroup.procs"), constants.W_OK);
    return { version: 2, controllers: unified.trim().split(" "), writable };
  }
  const wanted = ["cpu", "cpuset", "memory", "blkio", "pids", "freezer", "devices"];
  const there = new Set(await readdir(root).catch(() => []));
  const controllers = wanted.filter((name) => there.has(name));
  if (controllers.length === 0) return { version: "none", controllers: [], writable: false };
  return {
    version: 1,
    controllers,
    writable: await present(join(root, controllers[0] ?? ""), constants.W_OK),
  };
}

async function userfaultfd(privileged: boolean): Promise<HostFacts["userfaultfd"]> {
  const setting = (await text("/proc/sys/vm/unprivileged_userfaultfd")).trim();
  if (setting === "1") return "everyone";
  return setting === "0" && privileged ? "privileged" : "none";
}

async function ksm(): Promise<HostFacts["ksm"]> {
  const run = (await text("/sys/kernel/mm/ksm/run")).trim();
  if (run === "") return "none";
  return run === "1" ? "running" : "off";
}

/** Daemons leave a mark where they run; a virtual machine may also take its host's clock. */
async function clockKeptBy(): Promise<string | undefined> {
  if (await present("/run/systemd/timesync/synchronized")) return "systemd-timesyncd";
  for (const [file, name] of [
    ["/run/chrony/chronyd.pid", "chrony"],
    ["/run/ntpd.pid", "ntpd"],
  ] as const)
    if (await present(file)) return name;
  const source = (await text("/sys/devices/system/clocksource/clocksource0/current_clocksource")).trim();
  return source === "kvm-clock" || source.startsWith("hyperv") ? `the host above (${source})` : undefined;
}

/** Is there a program of this name where it would be looked for? */
/** Is this program where Lodge looks for programs? */
export async function installed(program: string): Promise<boolean> {
  const folders = [...searchPath().split(delimiter), "/usr/lib/qemu"];
  for (const folder of folders) {
    const found = await stat(join(folder, program)).catch(() => undefined);
    if (found?.isFile()) return true;
  }
  return false;
}

function service(home: string): HostFacts["service"] {
  const units = serviceUnits(home);
  if (!systemdRuns(units.scope)) return "none";
  if (!isInstalled(units)) return "missing";
  return units.scope === "system" || lingers() ? "installed" : "login";
}

const firmware = [
  "/usr/share/OVMF/OVMF_CODE_4M.fd",
  "/usr/share/OVMF/OVMF_CODE.fd",
  "/usr/share/edk2/x64/OVMF_CODE.4m.fd",
];

const anyPresent = async (files: readonly string[]): Promise<boolean> =>
  (await Promise.all(files.map((file) => present(file)))).includes(true);

/** Gathers it all; takes some 20 ms. `home` must exist. */
export async function hostFacts(home: string, programs: readonly string[]): Promise<HostFacts> {
  const privileged = process.getuid?.() === 0;
  const found = await Promise.all(programs.map(async (name) => [name, await installed(name)] as const));
  return {
    memory: await readMemory(),
    disk: await disk(home),
    cpu: { count: availableParallelism(), ...parseCpu(await text("/proc/cpuinfo")) },
    privileged,
    cgroup: await cgroup("/sys/fs/cgroup"),
    userfaultfd: await userfaultfd(privileged),
    ksm: await ksm(),
    clockKeptBy: await clockKeptBy(),
    service: service(home),
    programs: Object.fromEntries(found),
    ovmf: await anyPresent(firmware),
    virtiofsd: await anyPresent(["/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"]),
  };
}
