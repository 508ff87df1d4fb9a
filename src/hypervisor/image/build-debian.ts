/**
 * Builds a bootable Debian disk from packages, with no loop device, no mount that outlives a step
 * and no privilege beyond mmdebstrap's own (root, or user namespaces).
 *
 * ```
 * mmdebstrap: packages → tree → customize.sh → filesystem.sh: mke2fs -d writes ─┐
 *                          (and a desktop's own)                                ▼
 * disk:  MBR+GPT │ BIOS boot: GRUB core.img │ EFI system: shim, GRUB │ root: ext4 │ GPT
 *          ▲                 ▲                        ▲                             ▲
 *          └─ assemble-disk.ts, from the boot code that customize.sh laid out ──────┘
 * ```
 *
 * The guest boots its own kernel by its own GRUB, under BIOS and UEFI (secure boot too: shim and
 * GRUB are the signed ones of Debian), and upgrades both by itself.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, open, readFile, rename, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { finished } from "node:stream/promises";
import { hasCode, LodgeError } from "#contract/errors";
import { exec } from "#base/exec";
import { assembleDisk, type DiskIds, efiVolumeName, rootPlace } from "./assemble-disk.ts";
import { buildProgress, type BuildProgress } from "./build-progress.ts";
import { hostMirrors, sourceLines } from "./debian-sources.ts";
import { mmdebstrap } from "./mmdebstrap.ts";
import { type DebianRecipe, sizeBytes } from "./recipe.ts";
import { agentFolder, debianFolder, desktopFolder } from "./recipe-digest.ts";

/** What a guest of Lodge needs; a recipe adds what is pleasant. */
const guestPackages =
  "apt-utils cloud-guest-utils cloud-init dbus e2fsprogs grub-cloud-amd64 initramfs-tools iproute2 kmod " +
  "libnss-myhostname libnss-resolve netbase openssh-server procps qemu-guest-agent " +
  "sudo systemd-resolved systemd-sysv udev zstd";

/** Not unpacked: what few read in a guest, and a good part of what dpkg would write. */
const notUnpacked = [
  "/usr/share/doc/*",
  "/usr/share/man/*",
  "/usr/share/locale/*",
  "/usr/share/info/*",
  // Would have a boot register compiled Python as a format that can be executed.
  "/usr/lib/binfmt.d/python*",
];

/** Bytes of scratch space: the tree, and the disk written from it. */
const neededSpace = 3 * 2 ** 30;

export interface DebianBuild {
  readonly recipe: DebianRecipe;
  /** The raw disk file to make; nothing may be there. */
  readonly target: string;
  /** All that the build said; appended to. */
  readonly logFile: string;
  /** Host folder for the tree and the disk while they are made. Default: the target's; without root /var/tmp. */
  readonly scratch?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BuildProgress) => void;
}

/**
 * Builds the image in a minute or two. On failure or abort nothing is left but the log.
 *
 * @returns the bytes that a guest sees.
 * @throws LodgeError image.build_failed (detail: the end of the log), host.command_missing,
 *   host.no_id_range, host.no_space; the signal's reason when aborted.
 */
export async function buildDebian(build: DebianBuild): Promise<number> {
  const scratch = build.scratch ?? (process.getuid?.() === 0 ? dirname(build.target) : "/var/tmp");
  await checkSpace(scratch, neededSpace);
  const work = await mkdtemp(join(scratch, "lodge-build-"));
  try {
    // Without root, the tree's root is another uid than the caller, which must reach what it writes.
    await chmod(work, 0o755);
    const disk = await makeDisk(build, work);
    await chmod(disk, 0o600);
    await moveSparse(disk, build.target);
    return sizeBytes(build.recipe.diskSize);
  } catch (error) {
    await checkSpace(scratch, 2 ** 24);
    throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function makeDisk(build: DebianBuild, work: string): Promise<string> {
  const disk = join(work, "disk.raw");
  const boot = join(work, "boot");
  const size = sizeBytes(build.recipe.diskSize);
  const place = rootPlace(size);
  const rootUuid = randomUUID();
  const ids: DiskIds = {
    disk: randomUUID(),
    partitions: { biosBoot: randomUUID(), efiSystem: randomUUID(), root: randomUUID() },
    efiVolume: randomBytes(4).readUInt32LE(),
  };
  await mkdir(boot);
  await chmod(boot, 0o777);
  await using file = await open(disk, "wx");
  await file.chmod(0o666);
  await file.truncate(size);
  await runMmdebstrap(build, {
    TMPDIR: work,
    // The kernel's package makes no initramfs: customize.sh makes it once, when all is there.
    INITRD: "No",
    LODGE_TREE: join(debianFolder, "tree"),
    LODGE_AGENT: agentFolder,
    LODGE_BOOT: boot,
    LODGE_DISK: disk,
    LODGE_SUITE: build.recipe.suite,
    LODGE_HOSTNAME: build.recipe.hostname,
    LODGE_USER: build.recipe.user,
    ...(build.recipe.desktop ? { LODGE_DESKTOP: desktopFolder, LODGE_SESSION: build.recipe.desktop } : {}),
    LODGE_ROOT_UUID: rootUuid,
    LODGE_ROOT_OFFSET: String(place.offset),
    LODGE_ROOT_KIB: String(place.length / 1024),
    LODGE_ESP_ID: efiVolumeName(ids.efiVolume),
  });
  const [bootImage, coreImage, shim, mokManager, grub] = await Promise.all([
    readFile(join(boot, "boot.img")),
    readFile(join(boot, "core.img")),
    readFile(join(boot, "shimx64.efi.signed")),
    readFile(join(boot, "mmx64.efi.signed")),
    readFile(join(boot, "grubx64.efi.signed")),
  ]);
  build.signal?.throwIfAborted();
  await assembleDisk(disk, size, ids, { bootImage, coreImage, shim, mokManager, grub, rootUuid });
  return disk;
}

async function runMmdebstrap(build: DebianBuild, variables: Record<string, string>): Promise<void> {
  const { recipe, signal } = build;
  const args = [
    "--verbose",
    "--variant=minbase",
    "--format=null",
    // filesystem.sh cleans up before it writes; cleaning afterwards would clean nothing.
    "--skip=cleanup",
    `--include=${[...guestPackages.split(" "), recipe.kernel, ...recipe.packages].join(",")}`,
    '--aptopt=Apt::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    ...notUnpacked.map((path) => `--dpkgopt=path-exclude=${path}`),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    `--customize-hook=${join(debianFolder, "customize.sh")}`,
    ...(recipe.desktop ? [`--customize-hook=${join(desktopFolder, "customize.sh")}`] : []),
    `--customize-hook=${join(debianFolder, "filesystem.sh")}`,
    recipe.suite,
    "/dev/null",
    ...sourceLines(await hostMirrors(), recipe.suite),
  ];
  const log = createWriteStream(build.logFile, { flags: "a", mode: 0o600 });
  const tail: string[] = [];
  const progress = buildProgress();
  const onLine = (line: string) => {
    log.write(`${line}\n`);
    if (tail.push(line) > 40) tail.shift();
    const reached = progress(line);
    if (reached) build.onProgress?.(reached);
  };
  try {
    await mmdebstrap(args, { env: { ...variables, ...proxies() }, signal, onLine });
  } catch (error) {
    if (!hasCode(error, "host.command_failed")) throw error;
    const reason =
      tail.findLast((line) => line.startsWith("E: "))?.slice(3) ?? String(error.params["status"]);
    throw new LodgeError(
      "image.build_failed",
      { image: recipe.name, reason },
      { cause: error, detail: tail.join("\n") },
    );
  } finally {
    log.end();
    await finished(log);
  }
}

/** Proxies as the user's environment has them; apt takes them from there. */
const proxies = (): Record<string, string> =>
  Object.fromEntries(
    ["http_proxy", "https_proxy", "no_proxy"].flatMap((name) =>
      process.env[name] ? [[name, process.env[name]]] : [],
    ),
  );

async function checkSpace(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < needed) throw new LodgeError("host.no_space", { path: folder });
}

/** Moves a file with holes, to another file system too. */
async function moveSparse(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    await exec("cp", ["--sparse=always", "--", from, to], { timeout: 0 });
  }
}
