/**
 * One of the two libvirt hosts that a peer goes between: a libvirtd in mount, UTS and process namespaces of its own, where
 * /etc/libvirt, /var and /run are folders of its own as well. Whatever it starts ends with it, and it ends with us.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { exec, searchPath } from "#base/exec";
import { retry } from "#base/retry";
import { installed } from "#hypervisor/host/facts";

/** Why there can be none here; undefined where there can. */
export async function libvirtMissing(): Promise<string | undefined> {
  const there = (await installed("virsh")) && (await installed("libvirtd"));
  if (!there)
    return "it is not installed (on Debian: libvirt-daemon, libvirt-daemon-driver-qemu and libvirt-clients, with --no-install-recommends).";
  return process.getuid?.() === 0 ? undefined : "two libvirtd on one machine want root.";
}

/**
 * The home of the benchmarks stays in sight should it be below /var or /run. Without control groups in sight libvirt makes
 * none. The shell is the first process of its namespace: it reaps, and once its input has ended the kernel ends the rest.
 */
const script = `set -e
own=$1 home=$2
hostname "$3"
mkdir -p "$own$home"
mount --bind "$home" "$own$home"
for place in etc/passwd etc/group etc/hosts etc/libvirt var run; do mount --rbind "$own/$place" "/$place"; done
! mountpoint -q /sys/fs/cgroup || umount -R -l /sys/fs/cgroup
libvirtd &
cat`;

/** Its machines write their consoles themselves: there is no virtlogd. */
const qemuConf = `dynamic_ownership = 0
security_driver = "none"
stdio_handler = "file"
`;

const logOf = (own: string): string => join(own, "log");

export class LibvirtHost {
  readonly uri: string;
  readonly #log: string;
  readonly #process: ChildProcess;

  private constructor(own: string, process: ChildProcess) {
    this.uri = `qemu+unix:///system?socket=${join(own, "run/libvirt/libvirt-sock")}`;
    this.#log = logOf(own);
    this.#process = process;
  }

  /** In a folder below the home; it answers once `ready` resolves. */
  static start(home: string, folder: string, name: string): LibvirtHost {
    const own = join(folder, name);
    const conf = join(own, "etc/libvirt");
    for (const place of [conf, join(own, "var/tmp"), join(own, "run")]) mkdirSync(place, { recursive: true });
    // Two of one machine would have its id both, and take each other for themselves.
    writeFileSync(join(conf, "libvirtd.conf"), `auth_unix_rw = "none"\nhost_uuid = "${randomUUID()}"\n`);
    writeFileSync(join(conf, "qemu.conf"), qemuConf);
    // Debian's libvirtd wants its machines' user, whom another package makes. Here it is root, whose the files are.
    writeFileSync(join(own, "etc/passwd"), "root:x:0:0::/:/bin/sh\nlibvirt-qemu:x:0:0::/:/bin/sh\n");
    writeFileSync(join(own, "etc/group"), "root:x:0:\nlibvirt-qemu:x:0:\n");
    // It looks its own name up, which is to cost nothing.
    writeFileSync(join(own, "etc/hosts"), `127.0.0.1 localhost ${name}\n`);
    const log = openSync(logOf(own), "a");
    try {
      const apart = ["--mount", "--uts", "--pid", "--fork", "--mount-proc"];
      const process = spawn("unshare", [...apart, "sh", "-c", script, "sh", own, home, name], {
        cwd: "/",
        detached: true,
        env: { PATH: searchPath(), LC_ALL: "C.UTF-8" },
        stdio: ["pipe", log, log],
      });
      return new LibvirtHost(own, process);
    } finally {
      closeSync(log);
    }
  }

  async ready(): Promise<void> {
    const ask = () => this.virsh("version");
    try {
      await retry(ask, { clock: systemClock, first: 50, longest: 250, timeout: 60_000 });
    } catch (cause) {
      const words = readFileSync(this.#log, "utf8").slice(-2000);
      throw new TypeError(`libvirtd does not answer: ${words}`, { cause });
    }
  }

  async virsh(...words: string[]): Promise<string> {
    return (await exec("virsh", ["--quiet", "--connect", this.uri, ...words])).stdout;
  }

  /** Resolves once nothing of it runs. Idempotent. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.stdin!.end();
    await gone;
  }
}
