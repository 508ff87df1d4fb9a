/**
 * A machine plan as QEMU's arguments. Pure.
 *
 * Device layout 5 (Machine.layout). PCI addresses are fixed, so that suspended state and parked
 * templates load in a QEMU of another day; a changed layout gets a new number, old guests keep theirs.
 *
 *   00:01 graphics       00:02 virtio-serial   00:03 RNG     00:04 pvpanic   00:05 watchdog
 *   00:06 balloon        00:07 USB             00:08-00:0d disks on virtio-blk
 *   00:0e virtio-scsi: always there (layout 2: only with a disk on it), so that disks can be plugged in
 *   00:0f cloud-init's seed
 *   00:10-00:17 NICs     00:18 sound card, of guests that were made with one
 *   00:19 (functions 0 to 3) ports that NICs come to and go from while the machine runs (from layout 5 on)
 *   00:1b (functions 0 to 7) ports of the host's PCI devices, likewise; its USB devices are on 00:07
 *   00:1a (functions 0 to 7) shared folders, of a machine whose state is never saved
 *   00:1c tablet and keyboard (functions 0 and 1), of guests that were made with them
 *   00:1e memory that comes and goes, of guests that were made with room for it
 *   00:1f.2 AHCI (part of q35): CD-ROM drives on ports 0 and 1, SATA disks on 2 to 5
 *   virtio-serial's ports: 1 Lodge's agent, 2 QEMU's, 3 SPICE's (from layout 4 on)
 *   no PCI device: vmgenid; the TPM (tpm-crb), which is at 0xfed40000
 *
 * A disk's own place on its bus comes from its id (disk.ts), so other disks may come and go; so does a NIC's.
 */
import { bootIndexes, deviceOption, diskController, diskDevice, diskNode, setName } from "./disk.ts";
import { nicDevice, portArgs, sendBuffer } from "./nic.ts";
import type {
  DiskPlan,
  DrivePlan,
  FirmwarePlan,
  MachinePlan,
  MemoryPlan,
  NicPlan,
  SecretPlan,
  SharePlan,
} from "./plan.ts";
import { pluggableArgs } from "./plug-memory.ts";

/** Where the guest finds the balloon. */
export const balloonAddress = "0000:00:06.0";

/** The device of the port of SPICE's agent, by which QEMU tells whether the guest has it open. */
export const spicePortId = "spice-port";

/** A value inside a comma-separated option: QEMU reads ",," as a comma. */
export const quote = (value: string): string => value.replaceAll(",", ",,");

/**
 * The most memory QEMU may take for translated code, in MiB. 256 suffice to boot a distribution without
 * translating anything twice; each further virtual processor runs other code meanwhile.
 */
export const translationBuffer = (cpus: number): number => Math.min(1024, 192 + 64 * cpus);

function accelerator(plan: MachinePlan): string {
  if (plan.accelerator === "kvm") return "kvm";
  return `tcg,thread=multi,tb-size=${translationBuffer(plan.cpus)}`;
}

function machine(plan: MachinePlan): string[] {
  const secure = plan.firmware.kind === "uefi" && plan.firmware.secureBoot;
  return [
    plan.machineType,
    "memory-backend=ram",
    "usb=off",
    "vmport=off",
    "dump-guest-core=off",
    ...(secure ? ["smm=on"] : []),
    ...(plan.sound && plan.vnc ? ["pcspk-audiodev=silence"] : []),
  ];
}

function ram(memory: MemoryPlan, bytes: number): string {
  const size = `size=${bytes / 1048576}M`;
  if (memory.kind === "anonymous") return `memory-backend-ram,id=ram,${size}`;
  // The path names the descriptor that QEMU inherited; the file itself has no name anywhere.
  const share = memory.kind === "shared" ? "on" : "off";
  return `memory-backend-file,id=ram,${size},mem-path=/proc/self/fd/${memory.descriptor},share=${share}`;
}

function memorySize({ memory, pluggable }: MachinePlan): string {
  const size = `${memory / 1048576}M`;
  return pluggable ? `size=${size},maxmem=${(memory + pluggable.room) / 1048576}M` : size;
}

function firmware(plan: FirmwarePlan): string[] {
  if (plan.kind === "bios") return [];
  return [
    "-drive",
    `if=pflash,unit=0,format=raw,readonly=on,file=${quote(plan.code)}`,
    "-drive",
    `if=pflash,unit=1,format=qcow2,node-name=nvram,file=${quote(plan.vars)}`,
    ...(plan.secureBoot ? ["-global", "driver=cfi.pflash01,property=secure,value=on"] : []),
  ];
}

/** Its words are no secret: the passphrase is in the file that QEMU inherited. */
const secret = ({ id, descriptor }: SecretPlan): string[] => [
  "-object",
  `secret,id=${id},file=/proc/self/fd/${descriptor}`,
];

function disks(plan: MachinePlan): string[] {
  const first = bootIndexes(plan.bootFirst).disks;
  const needsController = plan.diskController || plan.disks.some(({ bus }) => bus === "virtio-scsi");
  const disk = (each: DiskPlan) => [
    "-blockdev",
    JSON.stringify(diskNode(each)),
    "-device",
    deviceOption(diskDevice(each, first + each.place)),
  ];
  return [...(needsController ? ["-device", deviceOption(diskController)] : []), ...plan.disks.flatMap(disk)];
}

function seed(file: string): string[] {
  const node = {
    driver: "raw",
    "node-name": "seed",
    "read-only": true,
    file: { driver: "file", filename: file, "read-only": true },
  };
  return [
    "-blockdev",
    JSON.stringify(node),
    "-device",
    "virtio-blk-pci,addr=0xf,drive=seed,id=seed-dev,serial=cidata",
  ];
}

function drive(plan: DrivePlan, index: number, bootIndex: number): string[] {
  const { descriptor } = plan;
  const node = {
    driver: "raw",
    "node-name": `${plan.id}-medium`,
    "read-only": true,
    file: {
      driver: "file",
      filename: descriptor === undefined ? plan.file : setName(descriptor),
      "read-only": true,
    },
  };
  return [
    ...(descriptor === undefined ? [] : ["-add-fd", `fd=${descriptor},set=${descriptor}`]),
    ...(plan.file === undefined ? [] : ["-blockdev", JSON.stringify(node)]),
    "-device",
    `ide-cd,bus=ide.${index},id=${plan.id},bootindex=${bootIndex}` +
      (plan.file === undefined ? "" : `,drive=${plan.id}-medium`),
  ];
}

function netdev({ id, backend }: NicPlan): string {
  if (backend.kind === "user") return `user,id=${id}${backend.options === "" ? "" : `,${backend.options}`}`;
  const tap = `tap,id=${id},sndbuf=${sendBuffer}`;
  if ("descriptor" in backend) return `${tap},fd=${backend.descriptor}`;
  return `${tap},ifname=${backend.device},script=no,downscript=no`;
}

const nic = (plan: NicPlan): string[] => ["-netdev", netdev(plan), "-device", deviceOption(nicDevice(plan))];

/** Each is a function of one slot, of which the first is always there. */
function shares(plans: readonly SharePlan[]): string[] {
  return plans.flatMap(({ tag, descriptor }, at) => [
    "-chardev",
    `socket,id=share${at},fd=${descriptor}`,
    "-device",
    `vhost-user-fs-pci,chardev=share${at},tag=${quote(tag)},addr=0x1a.0x${at}${at === 0 ? ",multifunction=on" : ""}`,
  ]);
}

/** Opened by whoever starts it: its cell has no files of USB's. libusb(3): libusb_wrap_sys_device. */
const usbDevice = (descriptor: number): string[] => [
  "-add-fd",
  `fd=${descriptor},set=${descriptor}`,
  "-device",
  `usb-host,bus=usb.0,hostdevice=${setName(descriptor)}`,
];

/** Behind a port of its own, as PCI Express has it; numbers of ports go on behind those of cards. */
const pciDevice = (address: string, at: number): string[] => [
  "-device",
  `pcie-root-port,id=hostport${at},bus=pcie.0,addr=0x1b.0x${at},chassis=${at + 16}${at === 0 ? ",multifunction=on" : ""}`,
  "-device",
  `vfio-pci,host=${address},bus=hostport${at}`,
];

function usb({ usbInput, usbDevices = [] }: MachinePlan): string[] {
  if (!usbInput && usbDevices.length === 0) return [];
  const input = ["-device", "usb-tablet,bus=usb.0", "-device", "usb-kbd,bus=usb.0"];
  return [
    "-device",
    "qemu-xhci,id=usb,addr=0x7",
    ...(usbInput ? input : []),
    ...usbDevices.flatMap(usbDevice),
  ];
}

/** The pointer is where its viewer's is, no key waits in a PS/2 keyboard, and neither is looked at while it rests. */
const virtioInput = [
  "-device",
  "virtio-tablet-pci,id=tablet,addr=0x1c.0x0,multifunction=on",
  "-device",
  "virtio-keyboard-pci,id=keyboard,addr=0x1c.0x1",
];

function channels(plan: MachinePlan): string[] {
  const socket = (id: string, path: string) => [
    "-chardev",
    `socket,id=${id},path=${quote(path)},server=on,wait=off`,
  ];
  return [
    ...socket("qmp", plan.sockets.qmp),
    "-mon",
    "chardev=qmp,mode=control",
    "-chardev",
    `socket,id=serial,path=${quote(plan.sockets.serial)},server=on,wait=off,logfile=${quote(plan.serialLog)},logappend=on`,
    "-serial",
    "chardev:serial",
    "-device",
    "virtio-serial-pci,id=channels,addr=0x2",
    ...socket("agent", plan.sockets.agent),
    "-device",
    "virtserialport,bus=channels.0,nr=1,chardev=agent,name=org.lodge.agent.0",
    ...socket("guest-agent", plan.sockets.guestAgent),
    "-device",
    "virtserialport,bus=channels.0,nr=2,chardev=guest-agent,name=org.qemu.guest_agent.0",
    ...(plan.spicePort
      ? [
          ...socket("spice", plan.sockets.spice),
          "-device",
          `virtserialport,bus=channels.0,nr=3,chardev=spice,id=${spicePortId},name=com.redhat.spice.0`,
        ]
      : []),
  ];
}

/**
 * A VNC server that Lodge alone can reach, which is nothing that the guest could notice: a machine whose state was
 * saved without one loads with it. `lossy`: JPEG where a viewer wants it, for what keeps changing. The audio device, of
 * which nothing is heard, lets QEMU 10 and later take the gateway's nudge (domain/console/rfb/messages.ts).
 */
function display({ vnc, sockets }: MachinePlan): string[] {
  if (!vnc) return ["-display", "none"];
  const options = "share=force-shared,lossy=on,key-delay-ms=1,power-control=on,audiodev=silence";
  return ["-audiodev", "none,id=silence", "-vnc", `unix:${quote(sockets.display)},${options}`];
}

/** One that works with every firmware and installer, or that of virtio, which has an output for each of several monitors. */
const graphics = ({ monitors = 1 }: MachinePlan): string =>
  monitors === 1 ? "VGA,id=vga,addr=0x1" : `virtio-vga,id=vga,addr=0x1,max_outputs=${monitors}`;

/** Without a VNC server it plays into nothing. */
function sound({ vnc }: MachinePlan): string[] {
  return [
    ...(vnc ? [] : ["-audiodev", "none,id=silence"]),
    "-device",
    "ich9-intel-hda,id=sound,addr=0x18",
    "-device",
    "hda-output,bus=sound.0,audiodev=silence",
  ];
}

function incoming(plan: MachinePlan): string[] {
  if (!plan.incoming) return ["-S"];
  const from = plan.incoming.kind === "socket" ? `unix:${plan.incoming.path}` : "defer";
  return ["-S", "-incoming", from];
}

/**
 * By itself QEMU gives disks a queue for each processor that a machine starts with; one that was given more since then
 * would not fit what was saved of it.
 */
const queues = (count: number): string[] => [
  "-global",
  `virtio-blk-device.num-queues=${count}`,
  "-global",
  `virtio-scsi-device.num_queues=${count}`,
];

/** Everything after the program's name. The machine starts stopped: QMP's `cont` lets it run. */
export function qemuArgs(plan: MachinePlan): string[] {
  const drivesFrom = bootIndexes(plan.bootFirst).drives;
  return [
    "-no-user-config",
    "-nodefaults",
    "-name",
    `guest=${quote(plan.name)}`,
    "-uuid",
    plan.uuid,
    "-accel",
    accelerator(plan),
    "-machine",
    machine(plan).join(","),
    "-cpu",
    plan.cpuModel,
    "-smp",
    plan.maxCpus === undefined ? String(plan.cpus) : `cpus=${plan.cpus},maxcpus=${plan.maxCpus}`,
    ...(plan.maxCpus === undefined ? [] : queues(plan.maxCpus)),
    "-m",
    memorySize(plan),
    "-object",
    ram(plan.ram, plan.memory),
    "-smbios",
    `type=1,manufacturer=Lodge,product=Guest,serial=${plan.uuid},uuid=${plan.uuid}`,
    "-rtc",
    "base=utc,driftfix=slew",
    "-boot",
    "menu=off,strict=on",
    ...display(plan),
    "-device",
    graphics(plan),
    "-sandbox",
    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
    ...firmware(plan.firmware),
    ...channels(plan),
    "-object",
    "rng-random,id=entropy,filename=/dev/urandom",
    "-device",
    "virtio-rng-pci,rng=entropy,addr=0x3",
    "-device",
    "pvpanic-pci,addr=0x4",
    "-device",
    "i6300esb,addr=0x5",
    "-action",
    "watchdog=reset",
    "-device",
    `vmgenid,guid=${plan.vmgenid}`,
    ...(plan.pluggable ? pluggableArgs(plan.pluggable) : []),
    ...(plan.balloon ? ["-device", "virtio-balloon-pci,id=balloon,addr=0x6,free-page-reporting=on"] : []),
    ...usb(plan),
    ...(plan.tpm === undefined
      ? []
      : [
          "-chardev",
          `socket,id=tpm,fd=${plan.tpm}`,
          "-tpmdev",
          "emulator,id=tpm0,chardev=tpm",
          "-device",
          "tpm-crb,tpmdev=tpm0",
        ]),
    ...(plan.sound ? sound(plan) : []),
    ...(plan.tablet ? virtioInput : []),
    ...plan.drives.flatMap((each, index) => drive(each, index, drivesFrom + index)),
    ...(plan.secrets ?? []).flatMap(secret),
    ...disks(plan),
    ...(plan.seed === undefined ? [] : seed(plan.seed)),
    ...(plan.nicPorts ? portArgs() : []),
    ...plan.nics.flatMap(nic),
    ...shares(plan.shares ?? []),
    ...(plan.pciDevices ?? []).flatMap(pciDevice),
    ...(plan.kernel
      ? ["-kernel", plan.kernel.kernel, "-initrd", plan.kernel.initrd, "-append", plan.kernel.append]
      : []),
    ...incoming(plan),
  ];
}
