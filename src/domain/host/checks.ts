/** What `lodge doctor` concludes from what was found: one pure function a check, each with its fix. */
import { LodgeError } from "#contract/errors";
import type { CellFinding } from "#hypervisor/cell/host";
import type { HostFacts } from "#hypervisor/host/facts";
import type { NetworkCapabilities } from "#hypervisor/net/capabilities";
import type { Accelerator } from "#hypervisor/qemu/accel";
import type { QemuFeatures } from "#hypervisor/qemu/features";
import { missing, ok, warning, type Check } from "./check.ts";
import { clusterChecks, type ClusterFinding } from "./cluster-checks.ts";
import { networkChecks, spanChecks, type SpanFinding } from "./network-checks.ts";

/** What was found; QEMU and the accelerator are unknown where QEMU is not installed or does not run. */
export interface Findings {
  readonly facts: HostFacts;
  /** Can files in the home share their blocks? */
  readonly reflink: boolean;
  readonly network: NetworkCapabilities;
  readonly qemu: QemuFeatures | { readonly problem: string; readonly fix: string };
  readonly accelerator: Accelerator | undefined;
  readonly cells: CellFinding;
  /** Why each pool cannot be used, where that is so. */
  readonly pools: readonly { readonly name: string; readonly reason?: string | undefined }[];
  /** How networks span this host and others; undefined: it stands alone. */
  readonly span?: SpanFinding | undefined;
  /** Its place in a cluster; undefined: it stands alone. */
  readonly cluster?: ClusterFinding | undefined;
  /** The file that remembers the accelerator's proof. */
  readonly acceleratorFile: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

const gibibytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

function accelerator({ accelerator: found, facts, acceleratorFile }: Findings): Check {
  const name = "accelerator";
  if (!found) return missing(name, "Without QEMU there is none.", "Install QEMU first.");
  if (found.finding === "proved") return ok(name, `KVM: ${found.reason} (proved ${found.provedAt}).`);
  const summary = `TCG, which translates in software and is 10 to 30 times slower: ${found.reason}.`;
  switch (found.finding) {
    case "failed": {
      const layer = facts.cpu.guest
        ? "This host is itself a virtual machine: ask for working nested virtualization, or use another host."
        : "Update the host's kernel and firmware.";
      return warning(
        name,
        summary,
        `${layer} It is tried again after the next reboot, or once ${acceleratorFile} is removed.`,
      );
    }
    case "absent":
      return warning(name, summary, absentKvm(facts.cpu));
    case "denied":
      return warning(
        name,
        summary,
        "Add the daemon's user to the group that owns /dev/kvm: 'usermod -aG kvm USER', then log in again.",
      );
    case "unproved":
      return warning(
        name,
        summary,
        "Build an image, for example with 'lodge image build debian-13'; its kernel is the proof.",
      );
  }
}

function absentKvm({ virtualization, guest }: HostFacts["cpu"]): string {
  if (virtualization === "vmx") return "Load the module: 'modprobe kvm_intel'.";
  if (virtualization === "svm") return "Load the module: 'modprobe kvm_amd'.";
  return guest
    ? "This host is itself a virtual machine: switch on nested virtualization for it."
    : "Switch on virtualization (VT-x or AMD-V) in the firmware's setup.";
}

/** Features that something of Lodge stands on, and what is lost without each. */
const needed: readonly { readonly has: (qemu: QemuFeatures) => boolean; readonly lost: string }[] = [
  { has: (qemu) => qemu.migration.includes("x-ignore-shared"), lost: "forking (x-ignore-shared)" },
  { has: (qemu) => qemu.memfdBackend.includes("seal"), lost: "sealed templates (memory-backend-memfd)" },
  { has: (qemu) => qemu.devices.includes("vmgenid"), lost: "telling a fork that it is one (vmgenid)" },
  { has: (qemu) => qemu.devices.includes("virtio-serial-pci"), lost: "the guest agent (virtio-serial)" },
  { has: (qemu) => qemu.devices.includes("virtio-scsi-pci"), lost: "plugging disks in (virtio-scsi)" },
  { has: (qemu) => qemu.devices.includes("virtio-balloon-pci"), lost: "freed memory (virtio-balloon)" },
  { has: (qemu) => qemu.devices.includes("virtio-rng-pci"), lost: "entropy from the host (virtio-rng)" },
  { has: (qemu) => qemu.devices.includes("tpm-crb"), lost: "TPMs (tpm-crb)" },
  { has: (qemu) => qemu.devices.includes("pvpanic-pci"), lost: "seeing a guest's panic (pvpanic)" },
  { has: (qemu) => qemu.netdevs.includes("user"), lost: "networks without root (user)" },
];

function qemu({ qemu: found }: Findings): Check {
  if ("problem" in found) return missing("qemu", found.problem, found.fix);
  const lost = needed.filter(({ has }) => !has(found)).map((feature) => feature.lost);
  const summary = `QEMU ${found.version} with machine type ${found.machine}`;
  if (lost.length === 0) return ok("qemu", `${summary} has all that is used.`);
  return warning("qemu", `${summary} lacks ${lost.join(", ")}.`, "Install QEMU 7.2 or newer from Debian.");
}

/** Programs, their Debian package, and what is lost without each. */
export const programs: readonly {
  readonly program: string;
  readonly package: string;
  readonly lost: string;
}[] = [
  { program: "qemu-img", package: "qemu-utils", lost: "images and disks" },
  { program: "mmdebstrap", package: "mmdebstrap", lost: "building Debian images" },
  { program: "newuidmap", package: "uidmap", lost: "building Debian images without root" },
  { program: "mke2fs", package: "e2fsprogs", lost: "building images" },
  { program: "swtpm", package: "swtpm", lost: "TPMs" },
  { program: "ip", package: "iproute2", lost: "networks" },
];

function packages({ facts }: Findings): Check {
  const absent = programs.filter(({ program }) => !facts.programs[program]);
  const names = absent.map((one) => one.package);
  const lost = absent.map((one) => `${one.program} (${one.lost})`);
  if (!facts.ovmf) {
    names.push("ovmf");
    lost.push("OVMF (guests with UEFI)");
  }
  if (!facts.virtiofsd) {
    names.push("virtiofsd");
    lost.push("virtiofsd (shared folders)");
  }
  if (names.length === 0) return ok("packages", "All programs that are used are installed.");
  return missing("packages", `Not installed: ${lost.join(", ")}.`, `apt-get install ${names.join(" ")}`);
}

function privileges({ facts }: Findings): Check {
  if (facts.privileged) return ok("privileges", "The daemon runs as root.");
  return warning(
    "privileges",
    "The daemon does not run as root: guests have user-mode networks only, and no limits of their own.",
    "Run the daemon as root for NAT networks and limits.",
  );
}

function cells({ cells: found, facts }: Findings): Check {
  const name = "cells";
  if (found === "off")
    return warning(
      name,
      "Guests' processes run as the daemon's user, in no cells: a guest that breaks out of QEMU is where the daemon is.",
      "Start lodged without '--without-cells'.",
    );
  if (found instanceof LodgeError) {
    const summary = `${found.message} ${facts.privileged ? "No guest is started." : "Guests run without a cell."}`;
    const fix =
      found.code === "host.command_missing"
        ? found.hint
        : "Allow user namespaces: 'sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000', or run the daemon as root.";
    return facts.privileged ? missing(name, summary, fix) : warning(name, summary, fix);
  }
  if (found.privileged)
    return ok(name, "Each guest's process has a user, namespaces and a root of its own (tried).");
  return warning(
    name,
    "Each guest's process has namespaces and a root of its own (tried), but all are the same user's.",
    "Run the daemon as root for a user each.",
  );
}

function cgroups({ facts: { cgroup, privileged } }: Findings): Check {
  if (cgroup.version === "none")
    return warning("cgroups", "There are none: guests have no limits.", "Mount cgroup2 at /sys/fs/cgroup.");
  const summary = `Version ${cgroup.version} with ${cgroup.controllers.join(", ")}`;
  const absent = ["cpu", "memory"].filter((name) => !cgroup.controllers.includes(name));
  if (absent.length > 0)
    return warning(
      "cgroups",
      `${summary}; without ${absent.join(" and ")}.`,
      "Enable them on the kernel's command line.",
    );
  if (cgroup.writable) return ok("cgroups", `${summary}.`);
  const fix = privileged ? "Mount them writable." : "Run the daemon as root or in a delegated systemd unit.";
  return warning("cgroups", `${summary}; groups of our own cannot be made.`, fix);
}

function memory({ facts: { memory: found } }: Findings): Check {
  const summary = `${gibibytes(found.available)} of ${gibibytes(found.total)} are available.`;
  if (found.available >= 1024 ** 3) return ok("memory", summary);
  return warning(
    "memory",
    summary,
    "Stop other programs or guests: a guest of the default size takes 0.8 GiB under TCG.",
  );
}

function swap({ facts: { memory: found } }: Findings): Check {
  if (found.swapTotal === 0)
    return ok(
      "swap",
      "There is none: under pressure guests are suspended to disk instead, in a stated order.",
    );
  const used = found.swapTotal - found.swapFree;
  const summary = `${gibibytes(used)} of ${gibibytes(found.swapTotal)} are used.`;
  if (used < found.swapTotal / 2) return ok("swap", summary);
  return warning("swap", summary, "Stop or suspend guests: one that is swapped out answers slowly.");
}

function disk({ facts: { disk: found } }: Findings): Check {
  const summary = `${gibibytes(found.free)} of ${gibibytes(found.total)} are free below ${found.path}.`;
  if (found.free >= 5 * 1024 ** 3) return ok("disk", summary);
  return warning(
    "disk",
    summary,
    "Free some space, or choose another LODGE_HOME: an image takes about 1 GiB, a suspended guest its memory.",
  );
}

function reflink({ reflink: found }: Findings): Check {
  if (found) return ok("reflink", "Files are copied without copying their blocks (tried).");
  return warning(
    "reflink",
    "The file system of the home copies files block by block (tried); forks use overlays and do not need it.",
    "Put LODGE_HOME on XFS or Btrfs where large images are copied often.",
  );
}

function pools({ pools: found }: Findings): Check {
  const unusable = found.filter(({ reason }) => reason !== undefined);
  if (unusable.length === 0) return ok("pools", "Each can be used.");
  return warning(
    "pools",
    unusable.map(({ name, reason }) => `'${name}' cannot be used: ${reason}.`).join(" "),
    "Mend that on the host; 'lodge pool show' looks again.",
  );
}

function userfaultfd({ facts: { userfaultfd: who } }: Findings): Check {
  if (who !== "none")
    return ok("userfaultfd", `It may be used by ${who === "everyone" ? "every process" : "root"}.`);
  return warning(
    "userfaultfd",
    "It may not be used: a running guest is forked by copying its memory while it runs, with a longer pause.",
    "Set vm.unprivileged_userfaultfd=1 with sysctl, or run the daemon as root.",
  );
}

/** Merging equal pages can be observed from a neighbour, so that it is better off. */
function ksm({ facts: { ksm: state } }: Findings): Check {
  if (state !== "running")
    return ok("ksm", "Equal pages are not merged between guests, so none can observe another by it.");
  return warning(
    "ksm",
    "The kernel merges equal pages, by which one guest can observe another's memory.",
    "Unless all guests trust each other: 'echo 2 > /sys/kernel/mm/ksm/run'.",
  );
}

/** Lodge was not yet written then: a clock before it is wrong. */
const written = Date.UTC(2025, 0, 1);

function clock({ facts: { clockKeptBy }, now }: Findings): Check {
  const time = new Date(now).toISOString();
  if (now < written)
    return missing(
      "clock",
      `It says ${time}, which is wrong.`,
      "Set it: certificates, leases and guests' clocks depend on it.",
    );
  if (clockKeptBy) return ok("clock", `It says ${time} and is kept by ${clockKeptBy}.`);
  return warning(
    "clock",
    `It says ${time}; nothing was found that keeps it right.`,
    "Install systemd-timesyncd or chrony.",
  );
}

function service({ facts: { service: found, privileged } }: Findings): Check {
  const name = "service";
  switch (found) {
    case "installed":
      return ok(name, "Lodge starts with this computer, and guests are put to rest before it shuts down.");
    case "login":
      return warning(
        name,
        "Lodge runs from your first login to your last logout only, and guests rest outside of that.",
        "As root: 'loginctl enable-linger USER'.",
      );
    case "none":
      return ok(
        name,
        "systemd does not run here: what starts and stops this computer has to run lodged, and 'lodge shutdown' before the end.",
      );
    case "missing":
      return warning(
        name,
        "Lodge does not start with this computer, and guests are cut off when it shuts down.",
        `Run '${privileged ? "npm run install-service" : "npm run install-service -- --user"}' in its checkout.`,
      );
  }
}

/** Every check, in the order in which they are shown. */
export const examine = (found: Findings): Check[] => [
  accelerator(found),
  qemu(found),
  packages(found),
  privileges(found),
  cells(found),
  cgroups(found),
  ...networkChecks(found.network),
  ...spanChecks(found.span),
  ...clusterChecks(found.cluster),
  memory(found),
  swap(found),
  disk(found),
  reflink(found),
  pools(found),
  userfaultfd(found),
  ksm(found),
  clock(found),
  service(found),
];
