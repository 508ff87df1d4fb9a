/** A machine as QEMU is told of it. Pure data: argv.ts turns it into arguments. */

/** Where a guest's RAM is. */
export type MemoryPlan =
  /** Anonymous memory of the QEMU process. */
  | { readonly kind: "anonymous" }
  /** The file behind an inherited descriptor, shared: what the guest writes is in the file. */
  | { readonly kind: "shared"; readonly descriptor: number }
  /** The sealed file behind an inherited descriptor, private: what the guest writes is its own copy. */
  | { readonly kind: "private"; readonly descriptor: number };

/** Memory that comes and goes while the machine runs: see plug-memory.ts. */
export interface PluggablePlan {
  /** Bytes that there is room for: see roomFor(). */
  readonly room: number;
  /** Bytes that the guest is to have of them. */
  readonly requested: number;
}

/** A passphrase by the name of its object, in a file without a name that QEMU inherits. */
export interface SecretPlan {
  readonly id: string;
  readonly descriptor: number;
}

/** A file of a disk's chain that is opened by all that it takes to open it, and not by what the one above says. */
export interface LinkPlan {
  /** The node's name. */
  readonly node: string;
  readonly file: string;
  readonly format: "qcow2" | "raw";
  /** The file is a block device. */
  readonly device?: boolean;
  /** The object that has its passphrase, where it is encrypted. */
  readonly secret?: string;
}

export interface DiskPlan {
  readonly id: string;
  readonly bus: "virtio-blk" | "virtio-scsi" | "sata";
  /** Absolute path, or undefined for a disk of this size that holds nothing and is never read. */
  readonly file: string | undefined;
  readonly format: "qcow2" | "raw";
  /** All files of an encrypted one, the topmost first: each has a key of its own, which no header names. */
  readonly chain?: readonly LinkPlan[];
  /** The file is a block device. */
  readonly device?: boolean;
  /** Bytes; used where there is no file. */
  readonly size: number;
  readonly serial: string;
  /** Which place of its bus it has, from 0: see disk.ts. */
  readonly place: number;
}

/** A CD-ROM drive, with or without a medium. */
export interface DrivePlan {
  readonly id: string;
  readonly file: string | undefined;
  /** Inherited descriptor of the file, where QEMU may not open it by its name. */
  readonly descriptor?: number;
}

export interface NicPlan {
  readonly id: string;
  readonly mac: string;
  /** Which of the machine's places for cards it has, from 0; with a port it has none of them. */
  readonly place: number;
  /** The port that it is plugged into: see nic.ts. */
  readonly port?: number;
  /** Bytes, told to the guest by the card; without it by its network alone. */
  readonly mtu?: number;
  readonly backend:
    /** An inherited descriptor of a tap, or the name of one that QEMU may open itself. */
    | { readonly kind: "tap"; readonly descriptor: number }
    | { readonly kind: "tap"; readonly device: string }
    /** QEMU's own user-mode network; `options` as net/user-mode.ts makes them. */
    | { readonly kind: "user"; readonly options: string };
}

export type FirmwarePlan =
  | { readonly kind: "bios" }
  | { readonly kind: "uefi"; readonly code: string; readonly vars: string; readonly secureBoot: boolean };

/** A folder of the host's, served by a process of its own. */
export interface SharePlan {
  /** By which the guest mounts it. */
  readonly tag: string;
  /** Inherited descriptor of a socket that the server waits at. */
  readonly descriptor: number;
}

export interface SocketsPlan {
  readonly qmp: string;
  /** Lodge's agent. */
  readonly agent: string;
  /** QEMU's guest agent. */
  readonly guestAgent: string;
  /** SPICE's agent, in the guest's desktop. */
  readonly spice: string;
  readonly serial: string;
  /** The display, as VNC. */
  readonly display: string;
}

export interface MachinePlan {
  readonly name: string;
  readonly uuid: string;
  readonly vmgenid: string;
  readonly machineType: string;
  readonly cpuModel: string;
  readonly accelerator: "kvm" | "tcg";
  readonly cpus: number;
  /** Room for so many, where some can be plugged in. */
  readonly maxCpus?: number;
  /** Bytes that it starts with, whole MiB. */
  readonly memory: number;
  /** Room for more, of which some may be plugged in from the start. */
  readonly pluggable?: PluggablePlan;
  readonly ram: MemoryPlan;
  readonly firmware: FirmwarePlan;
  /** Inherited descriptor of a socket that swtpm is connected to, where the guest has a TPM. */
  readonly tpm: number | undefined;
  readonly disks: readonly DiskPlan[];
  /** What its encrypted disks are opened with. */
  readonly secrets?: readonly SecretPlan[];
  /** Is there a controller for disks on virtio-scsi even without any? */
  readonly diskController: boolean;
  readonly drives: readonly DrivePlan[];
  /** A cloud-init seed: a small read-only disk, which unlike a CD is there before any driver but the disk's own. */
  readonly seed: string | undefined;
  readonly nics: readonly NicPlan[];
  /** Has it ports that cards come to and go from while it runs? */
  readonly nicPorts: boolean;
  /** Their guest's memory is shared. */
  readonly shares?: readonly SharePlan[];
  /** Inherited descriptors of the host's USB devices, opened. */
  readonly usbDevices?: readonly number[];
  /** Addresses of the host's PCI devices, which VFIO has. */
  readonly pciDevices?: readonly string[];
  readonly sockets: SocketsPlan;
  /** Has this QEMU a VNC server? */
  readonly vnc: boolean;
  /** Is there a port for SPICE's agent? */
  readonly spicePort: boolean;
  /** A sound card, and the speaker that every PC has: both can be heard over the VNC server alone. */
  readonly sound?: boolean;
  /** For more than one monitor the graphics card is virtio's. */
  readonly monitors?: number;
  /** The file that keeps what the serial console says. */
  readonly serialLog: string;
  /** Which device boots first: "disk" or "cdrom". */
  readonly bootFirst: "disk" | "cdrom";
  /** A USB tablet and keyboard: for guests with a graphical installer. */
  readonly usbInput: boolean;
  /** A tablet and a keyboard on virtio: for guests with a desktop, whose system has drivers for them. */
  readonly tablet?: boolean;
  /** Gives memory that the guest frees back to the host: not where it is mapped from a file. */
  readonly balloon: boolean;
  /** Where the machine's state comes from, instead of a boot. */
  readonly incoming?:
    /** Told later by migrate.ts's loadState(). */
    { readonly kind: "deferred" } | { readonly kind: "socket"; readonly path: string };
  /** A kernel from outside the disk, for images whose recipe asks for it. */
  readonly kernel?: { readonly kernel: string; readonly initrd: string; readonly append: string };
}
