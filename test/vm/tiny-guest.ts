/**
 * The tiny guest: Debian's cloud kernel and an initramfs of busybox, perl-base and Lodge's agent, or QEMU's
 * guest agent in the place of those two. It boots in a few seconds without hardware acceleration, has a shell
 * on ttyS0 and takes an address by DHCP.
 *
 * Everything in it comes out of Debian packages, fetched with apt, never from this host's own files. It is
 * kept in LODGE_TEST_CACHE (or a folder of this user's below the temporary one) until a package, the agent
 * or this recipe changes.
 */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { basename, join } from "node:path";
import { exec } from "#base/exec";
import { cpio, type CpioEntry } from "./cpio.ts";
import { kernelModules } from "./kernel-modules.ts";
import { exists, takeLock } from "./lock.ts";

/** What tests share and keep. */
export const testCache = (): string =>
  process.env["LODGE_TEST_CACHE"] ?? join(tmpdir(), `lodge-test-cache-${userInfo().uid}`);

export interface TinyGuest {
  /** For QEMU's -kernel, -initrd and -append. */
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
}

const modules = [
  "virtio_pci",
  "virtio_console",
  "virtio_blk",
  "virtio_scsi",
  "sd_mod",
  "virtio_net",
  "virtio_rng",
  "virtio_balloon",
  "virtiofs",
  "virtio_mem",
  "ext4",
  "button",
  "evdev",
  "pvpanic_pci",
  "isofs",
  "sr_mod",
  "ahci",
  "efivarfs",
];

const udhcpc = `#!/bin/sh
case "$1" in
bound | renew)
  ip addr flush dev "$interface"
  ip addr add "$ip/$mask" dev "$interface"
  for gateway in $router; do ip route replace default via "$gateway" dev "$interface"; done
  for server in $dns; do echo "nameserver $server"; done >/etc/resolv.conf
  ;;
deconfig) ip link set "$interface" up ;;
esac
`;

const plainFiles: Readonly<Record<string, { text: string; mode: number }>> = {
  "etc/passwd": {
    text: "root:x:0:0:root:/root:/bin/sh\nguest:x:1000:1000::/tmp:/bin/sh\ndebian:x:1001:1001::/home/debian:/bin/sh\n",
    mode: 0o644,
  },
  "etc/group": { text: "root:x:0:\ntty:x:5:guest\nguest:x:1000:\n", mode: 0o644 },
  "etc/os-release": { text: 'ID=tiny\nVERSION_ID="1"\nPRETTY_NAME="Tiny guest"\n', mode: 0o644 },
  "home/debian/.profile": { text: "# as the image has it\n", mode: 0o644 },
  "run/lodge/desktop-ready": { text: "", mode: 0o644 },
  // Without a journal: busybox makes no other.
  "usr/sbin/mkfs.ext4": {
    text: '#!/bin/sh\nfor disk; do :; done\nexec mke2fs -L lodge-home "$disk" >/dev/null\n',
    mode: 0o755,
  },
  "etc/hosts": { text: "127.0.0.1\tlocalhost\n", mode: 0o644 },
  "etc/udhcpc.sh": { text: udhcpc, mode: 0o755 },
  "usr/lib/lodge/desktop-rehearse": { text: "#!/bin/sh\n", mode: 0o755 },
  "etc/acpi/PWRF/00000080": { text: "#!/bin/sh\npoweroff -f\n", mode: 0o755 },
};

const sources = new URL("../../", import.meta.url);
const source = (path: string): Promise<Buffer> => readFile(new URL(path, sources));

const agentFiles = async (): Promise<string[]> =>
  (await readdir(new URL("agent/", sources)))
    .filter((name) => !name.endsWith(".service"))
    .toSorted()
    .map((name) => `agent/${name}`);

/** Which agent is in it. */
type Agent = "lodge" | "qemu";

/** QEMU's guest agent, and what it is linked to besides the C library. */
const qemuAgentPackage =
  /^(qemu-guest-agent|lib(glib2\.0-0|pcre2-8-0|numa1|udev1|uring2|cap2|atomic1)(t64)?)$/;
const qemuAgentFile =
  /^usr\/sbin\/qemu-ga$|\/lib(glib-2\.0|gmodule-2\.0|pcre2-8|numa|udev|uring|cap|atomic)\.so\.\d/;

/** systemd's shutdown asks its init; this one asks nobody, and says by which way it was reached. */
const shutdown = `#!/bin/sh
echo "shutdown $*" >/dev/ttyS0
poweroff -f
`;

/** Makes the tiny guest, or takes the one made before. Needs apt's lists and dpkg-deb, but not root. */
export async function tinyGuest(agent: Agent = "lodge"): Promise<TinyGuest> {
  const cache = testCache();
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const packages = await chosenPackages(agent, cache);
  const hash = createHash("sha256").update([agent, ...packages].join());
  for (const path of [...(await agentFiles()), "test/vm/tiny-init.sh", "test/vm/tiny-guest.ts"]) {
    hash.update(await source(path));
  }
  const folder = join(cache, `tiny-${hash.digest("hex").slice(0, 16)}`);
  const guest = {
    kernel: join(folder, "vmlinuz"),
    initrd: join(folder, "initrd"),
    append: "console=ttyS0 quiet panic=-1 net.ifnames=0 random.trust_cpu=on",
  };
  const release = await takeLock(join(cache, "tiny.lock"));
  try {
    if (await exists(guest.initrd)) return guest;
    const work = await mkdtemp(join(cache, "making-"));
    try {
      const made = join(work, "made");
      await mkdir(made);
      await make(join(work, "root"), await fetchPackages(packages, cache), made, agent);
      await rename(made, folder);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    return guest;
  } finally {
    await release();
  }
}

/** What was chosen before, while apt has the same lists: asking it takes a second, and every Lodge of a test asks. */
async function chosenPackages(agent: Agent, cache: string): Promise<string[]> {
  const { mtimeMs } = await stat("/var/lib/apt/lists");
  const file = join(cache, `packages-${agent}-${mtimeMs}`);
  const known = await readFile(file, "utf8").catch(() => "");
  if (known !== "") return known.split("\n");
  const packages = await choosePackages(agent);
  const making = `${file}-${process.pid}`;
  await writeFile(making, packages.join("\n"));
  await rename(making, file);
  return packages;
}

/** The packages as "name=version", of which the kernel's carries its version in its name. */
async function choosePackages(agent: Agent): Promise<string[]> {
  const { stdout } = await exec("apt-cache", ["depends", "linux-image-cloud-amd64"]);
  const kernel = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  if (!kernel) throw new Error("apt knows no linux-image-cloud-amd64: run 'apt-get update'");
  const names = [kernel, "busybox-static", "libc6", ...(await agentPackages(agent))];
  const policy = await exec("apt-cache", ["policy", ...names]);
  const versions = [...policy.stdout.matchAll(/Candidate: (\S+)/g)].map((match) => match[1]);
  return names.map((name, at) => `${name}=${versions[at]}`);
}

async function agentPackages(agent: Agent): Promise<string[]> {
  if (agent === "lodge") return ["perl-base", "libcrypt1"];
  const flags = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map(
    (it) => `--no-${it}`,
  );
  const { stdout } = await exec("apt-cache", ["depends", "--recurse", ...flags, "qemu-guest-agent"]);
  return [...new Set(stdout.split("\n").filter((name) => qemuAgentPackage.test(name)))];
}

/** The packages' files, downloaded once. */
async function fetchPackages(packages: readonly string[], cache: string): Promise<string[]> {
  const folder = join(cache, "packages");
  await mkdir(folder, { recursive: true });
  const files = () => readdir(folder);
  const fileOf = (list: string[], wanted: string) => {
    const [name, version] = wanted.split("=");
    return list.find((file) => file.startsWith(`${name}_${version?.replaceAll(":", "%3a")}_`));
  };
  const before = await files();
  const missing = packages.filter((wanted) => !fileOf(before, wanted));
  if (missing.length > 0) await exec("apt-get", ["download", ...missing], { cwd: folder, timeout: 300_000 });
  const after = await files();
  return packages.map((wanted) => join(folder, fileOf(after, wanted) ?? wanted));
}

async function make(root: string, packages: readonly string[], made: string, agent: Agent): Promise<void> {
  for (const file of packages) await exec("dpkg-deb", ["-x", file, root], { timeout: 120_000 });
  const boot = await readdir(join(root, "boot"));
  const kernel = boot.find((file) => file.startsWith("vmlinuz-")) ?? "vmlinuz";
  const release = kernel.slice("vmlinuz-".length);
  const folder = (await stat(join(root, "usr/lib/modules")).catch(() => undefined))
    ? "usr/lib/modules"
    : "lib/modules";
  const loaded = await kernelModules(join(root, folder, release), modules);

  const image = new Initramfs();
  image.file("init", await source("test/vm/tiny-init.sh"), 0o755);
  if (agent === "lodge") {
    for (const path of await agentFiles()) {
      image.file(`usr/lib/lodge/${basename(path)}`, await source(path), 0o755);
    }
    image.link("usr/bin/perl", "perl-base");
  } else image.file("sbin/shutdown", Buffer.from(shutdown), 0o755);
  for (const [path, { text, mode }] of Object.entries(plainFiles)) image.file(path, Buffer.from(text), mode);
  for (const { name, data } of loaded) image.file(`modules/${name}.ko`, data, 0o644);
  image.file("modules/order", Buffer.from(loaded.map(({ name }) => `${name}\n`).join("")), 0o644);
  await addPrograms(image, root);
  await writeFile(join(made, "vmlinuz"), await readFile(join(root, "boot", kernel)));
  await writeFile(join(made, "initrd"), image.archive());
}

/** busybox, and perl with the libraries and the modules that perl-base has, or QEMU's guest agent with its own. */
async function addPrograms(image: Initramfs, root: string): Promise<void> {
  const all = await readdir(root, { recursive: true, withFileTypes: true });
  for (const entry of all) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name).slice(root.length + 1);
    const wanted =
      /^(usr\/)?bin\/busybox$/.test(path) ||
      (path.includes("/perl-base/") && !path.includes("/unicore/")) ||
      qemuAgentFile.test(path) ||
      /^(usr\/)?lib(64)?\/(x86_64-linux-gnu\/)?(ld-linux-x86-64|libc|libm|libcrypt)\.so\.[0-9.]+$/.test(path);
    const data = wanted || path === "usr/bin/perl" ? await readFile(join(root, path)) : undefined;
    if (!data) continue;
    if (path === "usr/bin/perl") image.file("usr/bin/perl-base", data, 0o755);
    else if (path.endsWith("busybox")) image.file("bin/busybox", data, 0o755);
    else image.file(path, data, 0o755);
  }
  // The packages' own links are left out; programs ask for a library by the first number of its version.
  for (const path of image.paths().filter((it) => /\.so\.\d+\./.test(it)))
    image.link(path.replace(/(\.so\.\d+)\..*/, "$1"), basename(path));
  const loader = image.paths().find((path) => path.endsWith("/ld-linux-x86-64.so.2"));
  if (loader && !image.paths().includes("lib64/ld-linux-x86-64.so.2")) {
    image.link("lib64/ld-linux-x86-64.so.2", `/${loader}`);
  }
}

/** What will be the archive; folders come by themselves. */
class Initramfs {
  readonly #entries = new Map<string, CpioEntry>([
    ["dev", { path: "dev", kind: "directory" }],
    ["dev/console", { path: "dev/console", kind: "device", major: 5, minor: 1 }],
  ]);

  file(path: string, data: Uint8Array, mode: number): void {
    this.#add({ path, kind: "file", data, mode });
  }

  link(path: string, target: string): void {
    this.#add({ path, kind: "link", target });
  }

  paths(): string[] {
    return [...this.#entries.keys()];
  }

  archive(): Buffer {
    return cpio([...this.#entries.values()]);
  }

  #add(entry: CpioEntry): void {
    const parts = entry.path.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const path = parts.slice(0, depth).join("/");
      if (!this.#entries.has(path)) this.#entries.set(path, { path, kind: "directory" });
    }
    this.#entries.set(entry.path, entry);
  }
}
