import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { qemuArgs } from "./argv.ts";
import { places } from "./disk.ts";
import type { DiskPlan, MachinePlan } from "./plan.ts";

const disk = (place: number, bus: DiskPlan["bus"], format: DiskPlan["format"] = "qcow2"): DiskPlan => ({
  id: `disk${place}`,
  bus,
  file: `/l/${place}.${format}`,
  format,
  size: 0,
  serial: `g1-disk${place}`,
  place,
});

const plan: MachinePlan = {
  name: "web",
  uuid: "11111111-2222-4333-8444-555555555555",
  vmgenid: "66666666-7777-4888-8999-aaaaaaaaaaaa",
  machineType: "pc-q35-7.2",
  cpuModel: "qemu64",
  accelerator: "tcg",
  cpus: 2,
  memory: 512 * 1048576,
  ram: { kind: "anonymous" },
  firmware: { kind: "bios" },
  tpm: undefined,
  disks: [disk(0, "virtio-blk")],
  diskController: true,
  drives: [
    { id: "cd0", file: undefined },
    { id: "cd1", file: undefined },
  ],
  seed: "/g/seed.iso",
  nicPorts: false,
  nics: [{ id: "nic0", mac: "52:54:00:00:00:01", place: 0, backend: { kind: "tap", device: "tap0" } }],
  sockets: {
    qmp: "/r/qmp",
    agent: "/r/agent",
    guestAgent: "/r/qga",
    spice: "/r/spice",
    serial: "/r/serial",
    display: "/r/display",
  },
  vnc: true,
  spicePort: true,
  serialLog: "/g/serial.log",
  bootFirst: "disk",
  usbInput: false,
  balloon: false,
};

/** The values of an option, in order. */
const valuesOf = (args: readonly string[], option: string): string[] =>
  args.flatMap((word, at) => (args[at - 1] === option ? [word] : []));
const devices = (more: Partial<MachinePlan> = {}) => valuesOf(qemuArgs({ ...plan, ...more }), "-device");
/** The devices of disks on buses, as "driver place bootindex". */
const diskDevices = (disks: readonly DiskPlan[], more: Partial<MachinePlan> = {}) =>
  devices({ disks, ...more })
    .filter((device) => /^(virtio-scsi|virtio-blk|scsi-hd|ide-hd)/.test(device) && !/seed/.test(device))
    .map((device) => device.replace(/drive=.*bootindex=/, "bootindex="));

describe("the machine of a guest that was made with layout 2", () => {
  it("has every device where it was", () => {
    assert.deepEqual(devices({ diskController: false, spicePort: false }), [
      "VGA,id=vga,addr=0x1",
      "virtio-serial-pci,id=channels,addr=0x2",
      "virtserialport,bus=channels.0,nr=1,chardev=agent,name=org.lodge.agent.0",
      "virtserialport,bus=channels.0,nr=2,chardev=guest-agent,name=org.qemu.guest_agent.0",
      "virtio-rng-pci,rng=entropy,addr=0x3",
      "pvpanic-pci,addr=0x4",
      "i6300esb,addr=0x5",
      "vmgenid,guid=66666666-7777-4888-8999-aaaaaaaaaaaa",
      "ide-cd,bus=ide.0,id=cd0,bootindex=11",
      "ide-cd,bus=ide.1,id=cd1,bootindex=12",
      "virtio-blk-pci,addr=0x8,drive=disk0,id=disk0-dev,serial=g1-disk0,werror=stop,bootindex=1",
      "virtio-blk-pci,addr=0xf,drive=seed,id=seed-dev,serial=cidata",
      "virtio-net-pci,addr=0x10,netdev=nic0,id=nic0-dev,mac=52:54:00:00:00:01,romfile=,guest_announce=off",
    ]);
  });
});

it("a guest has a port for SPICE's agent from layout 4 on, and all else where it was", () => {
  const [port] = devices().filter((device) => !devices({ spicePort: false }).includes(device));
  assert.equal(
    port,
    "virtserialport,bus=channels.0,nr=3,chardev=spice,id=spice-port,name=com.redhat.spice.0",
  );
  assert.equal(devices().length, devices({ spicePort: false }).length + 1);
});

describe("a disk", () => {
  it("is on the bus it is to be on, at the address of its place", () => {
    const disks = [disk(0, "virtio-blk"), disk(1, "virtio-scsi"), disk(2, "sata"), disk(5, "virtio-blk")];
    assert.deepEqual(diskDevices(disks), [
      "virtio-scsi-pci,id=scsi,addr=0xe",
      "virtio-blk-pci,addr=0x8,bootindex=1",
      "scsi-hd,bus=scsi.0,scsi-id=1,bootindex=2",
      "ide-hd,bus=ide.4,bootindex=3",
      "virtio-blk-pci,addr=0xd,bootindex=6",
    ]);
  });

  it("keeps its address when others come and go", () => {
    const all = [disk(0, "virtio-blk"), disk(1, "virtio-scsi"), disk(2, "virtio-scsi"), disk(3, "sata")];
    const before = diskDevices(all);
    for (const gone of [1, 2, 3]) {
      const after = diskDevices(all.filter(({ place }) => place !== gone));
      assert.deepEqual(
        after,
        before.filter((device) => after.includes(device)),
      );
      assert.equal(after.length, before.length - 1);
    }
  });

  it("on virtio-scsi brings its controller with it", () => {
    const disks = [disk(0, "virtio-scsi")];
    const expected = ["virtio-scsi-pci,id=scsi,addr=0xe", "scsi-hd,bus=scsi.0,scsi-id=0,bootindex=1"];
    for (const diskController of [true, false])
      assert.deepEqual(diskDevices(disks, { diskController }), expected);
    assert.deepEqual(diskDevices([disk(0, "virtio-blk")], { diskController: false }), [
      "virtio-blk-pci,addr=0x8,bootindex=1",
    ]);
  });

  it("shares its address with no other device, on every place of every bus", () => {
    const disks = (Object.keys(places) as DiskPlan["bus"][]).flatMap((bus) =>
      Array.from({ length: places[bus] }, (_, place) => disk(place, bus)),
    );
    const nics = Array.from({ length: 8 }, (_, at) => ({ ...plan.nics[0]!, id: `nic${at}`, place: at }));
    const all = devices({ disks, nics, nicPorts: true, balloon: true, usbInput: true });
    const addresses = all.flatMap((device) => {
      const { pci, port, target } =
        /addr=(?<pci>[\w.]+)|bus=(?<port>ide\.\d)|scsi-id=(?<target>\d)/.exec(device)?.groups ?? {};
      return pci ?? port ?? target ?? [];
    });
    assert.equal(new Set(addresses).size, addresses.length);
    // The last is AHCI itself, which is part of q35: its ports are six.
    assert.ok(
      all.filter((device) => device.includes("bus=ide.")).every((device) => /ide\.[0-5],/.test(device)),
    );
  });

  it("is opened in its own format, and gives back what is discarded", () => {
    const nodes = valuesOf(
      qemuArgs({ ...plan, disks: [disk(0, "virtio-blk"), disk(1, "sata", "raw")] }),
      "-blockdev",
    )
      .map((node) => JSON.parse(node) as { driver: string; discard: string; file: { filename: string } })
      .slice(0, 2);
    assert.deepEqual(
      nodes.map(({ driver, discard, file }) => [driver, discard, file.filename]),
      [
        ["qcow2", "unmap", "/l/0.qcow2"],
        ["raw", "unmap", "/l/1.raw"],
      ],
    );
  });
});

describe("the boot order", () => {
  const order = (bootFirst: MachinePlan["bootFirst"]) => {
    const disks = Array.from({ length: 10 }, (_, place) => disk(place, "virtio-scsi"));
    const found = devices({ disks, bootFirst }).flatMap((device) => {
      const { id, index } = /id=(?<id>disk\d|cd\d).*bootindex=(?<index>\d+)/.exec(device)?.groups ?? {};
      return id === undefined ? [] : [{ id, index: Number(index) }];
    });
    return found.toSorted((a, b) => a.index - b.index);
  };

  it("tries one kind after the other, and no two devices at once", () => {
    const disks = Array.from({ length: 10 }, (_, place) => `disk${place}`);
    for (const [first, ids] of [
      ["disk", [...disks, "cd0", "cd1"]],
      ["cdrom", ["cd0", "cd1", ...disks]],
    ] as const) {
      const found = order(first);
      assert.deepEqual(
        found.map(({ id }) => id),
        ids,
      );
      assert.equal(new Set(found.map(({ index }) => index)).size, 12);
    }
  });
});

describe("a balloon", () => {
  it("is there where it may give memory back, and there alone", () => {
    const balloons = (balloon: boolean) =>
      devices({ balloon }).filter((device) => device.includes("balloon"));
    assert.deepEqual(balloons(true), ["virtio-balloon-pci,id=balloon,addr=0x6,free-page-reporting=on"]);
    assert.deepEqual(balloons(false), []);
  });
});

describe("a TPM in QEMU's arguments", () => {
  it("is the inherited socket to swtpm and a device without a PCI address", () => {
    const args = qemuArgs({ ...plan, tpm: 5 });
    const at = args.indexOf("socket,id=tpm,fd=5");
    assert.deepEqual(args.slice(at - 1, at + 5), [
      "-chardev",
      "socket,id=tpm,fd=5",
      "-tpmdev",
      "emulator,id=tpm0,chardev=tpm",
      "-device",
      "tpm-crb,tpmdev=tpm0",
    ]);
  });

  it("changes nothing else of the machine", () => {
    const args = qemuArgs({ ...plan, tpm: 5 });
    const at = args.indexOf("socket,id=tpm,fd=5");
    assert.deepEqual(args.toSpliced(at - 1, 6), qemuArgs(plan));
    assert.ok(qemuArgs(plan).every((word) => !word.includes("tpm")));
  });
});

describe("a tablet", () => {
  it("comes with a keyboard, in a slot of their own, to guests that were made with them", () => {
    const args = qemuArgs({ ...plan, tablet: true });
    const at = args.indexOf("virtio-tablet-pci,id=tablet,addr=0x1c.0x0,multifunction=on");
    assert.equal(args[at + 2], "virtio-keyboard-pci,id=keyboard,addr=0x1c.0x1");
    assert.ok(!qemuArgs(plan).some((arg) => arg.startsWith("virtio-tablet")));
  });
});

test("several monitors are outputs of virtio's graphics card, in the place of the usual one", () => {
  assert.deepEqual(
    devices({ monitors: 2 }).filter((device) => device.includes("id=vga")),
    ["virtio-vga,id=vga,addr=0x1,max_outputs=2"],
  );
});

describe("a sound card", () => {
  it("is one device more with its codec, and the PC's speaker is heard too", () => {
    const args = qemuArgs({ ...plan, sound: true });
    const at = args.indexOf("ich9-intel-hda,id=sound,addr=0x18");
    assert.deepEqual(args.slice(at - 1, at + 3), [
      "-device",
      "ich9-intel-hda,id=sound,addr=0x18",
      "-device",
      "hda-output,bus=sound.0,audiodev=silence",
    ]);
    const [machine = ""] = valuesOf(args, "-machine");
    assert.ok(machine.endsWith(",pcspk-audiodev=silence"));
    assert.deepEqual(valuesOf(args, "-audiodev"), ["none,id=silence"]);
  });

  it("plays into nothing where there is no VNC server", () => {
    const args = qemuArgs({ ...plan, sound: true, vnc: false });
    assert.deepEqual(valuesOf(args, "-audiodev"), ["none,id=silence"]);
    assert.ok(valuesOf(args, "-machine")[0]?.includes("pcspk") === false);
  });
});

describe("a display", () => {
  it("is VNC on a socket of its own, and no device more", () => {
    const args = qemuArgs({ ...plan, sockets: { ...plan.sockets, display: "/r,1/display" } });
    const [vnc = ""] = valuesOf(args, "-vnc");
    assert.ok(vnc.startsWith("unix:/r,,1/display,share=force-shared,lossy=on,key-delay-ms=1,"));
    assert.deepEqual(valuesOf(args, "-display"), []);
    assert.deepEqual(devices(), devices({ vnc: false }));
  });

  it("is none where QEMU has no VNC server, or nobody is to watch", () => {
    const args = qemuArgs({ ...plan, vnc: false });
    assert.deepEqual([valuesOf(args, "-display"), valuesOf(args, "-vnc")], [["none"], []]);
  });
});

describe("room for more memory", () => {
  const pluggable = { room: 1024 * 1048576, requested: 256 * 1048576 };

  it("lies behind what the machine starts with, and takes nothing of the host by itself", () => {
    const args = qemuArgs({ ...plan, pluggable });
    assert.deepEqual(valuesOf(args, "-m"), ["size=512M,maxmem=1536M"]);
    assert.ok(valuesOf(args, "-object").includes("memory-backend-ram,id=plugged,size=1024M,reserve=off"));
    const device = valuesOf(args, "-device").find((word) => word.startsWith("virtio-mem-pci,"));
    assert.match(device ?? "", /addr=0x1e,.*requested-size=268435456$/);
  });

  it("is nothing to other guests", () => {
    assert.deepEqual(valuesOf(qemuArgs(plan), "-m"), ["512M"]);
    assert.ok(!qemuArgs(plan).join().includes("virtio-mem"));
  });
});

describe("room for more processors", () => {
  it("is asked for where it was promised, with queues that do not depend on how many there are", () => {
    const args = qemuArgs({ ...plan, maxCpus: 8 });
    assert.deepEqual(valuesOf(args, "-smp"), ["cpus=2,maxcpus=8"]);
    const queues = ["virtio-blk-device.num-queues=8", "virtio-scsi-device.num_queues=8"];
    assert.deepEqual(valuesOf(args, "-global"), queues);
    assert.deepEqual(valuesOf(qemuArgs({ ...plan, cpus: 5, maxCpus: 8 }), "-global"), queues);
  });

  it("is nothing to other guests", () => {
    assert.deepEqual(valuesOf(qemuArgs(plan), "-smp"), ["2"]);
    assert.deepEqual(valuesOf(qemuArgs(plan), "-global"), []);
  });
});

describe("shared folders", () => {
  it("are functions of one slot, each with a socket that was inherited", () => {
    const shares = [
      { tag: "code", descriptor: 5 },
      { tag: "shelf", descriptor: 6 },
    ];
    const text = qemuArgs({ ...plan, shares }).join(" ");
    assert.match(
      text,
      /socket,id=share0,fd=5 -device vhost-user-fs-pci,chardev=share0,tag=code,addr=0x1a.0x0,multifunction=on/,
    );
    assert.match(
      text,
      /socket,id=share1,fd=6 -device vhost-user-fs-pci,chardev=share1,tag=shelf,addr=0x1a.0x1(?!,)/,
    );
  });
});

describe("an encrypted disk", () => {
  it("has each file opened with a key that is in no argument", () => {
    const link = (layer: string) => ({
      node: `disk0-${layer}`,
      file: `/l/${layer}.qcow2`,
      format: "qcow2" as const,
      secret: `${layer}-key`,
    });
    const chain = [
      link("l2"),
      link("l1"),
      { node: "disk0-l0", file: "/l/l0.qcow2", format: "qcow2" as const },
    ];
    const secrets = [
      { id: "l2-key", descriptor: 7 },
      { id: "l1-key", descriptor: 8 },
    ];
    const args = qemuArgs({ ...plan, disks: [{ ...disk(0, "virtio-blk"), chain }], secrets });
    const objects = valuesOf(args, "-object").filter((value) => value.startsWith("secret"));
    assert.deepEqual(objects, [
      "secret,id=l2-key,file=/proc/self/fd/7",
      "secret,id=l1-key,file=/proc/self/fd/8",
    ]);
    const node = valuesOf(args, "-blockdev")
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .find((one) => one["node-name"] === "disk0-l2")!;
    const below = node["backing"] as Record<string, unknown>;
    const plain = below["backing"] as Record<string, unknown>;
    assert.deepEqual(node["encrypt"], { format: "luks", "key-secret": "l2-key" });
    assert.deepEqual(below["encrypt"], { format: "luks", "key-secret": "l1-key" });
    assert.deepEqual(
      [plain["node-name"], plain["encrypt"], plain["backing"]],
      ["disk0-l0", undefined, undefined],
    );
    assert.ok(valuesOf(args, "-device").some((device) => device.includes("drive=disk0-l2,id=disk0-dev")));
  });
});

describe("devices of the host", () => {
  it("are opened descriptors on a USB controller, and PCI devices behind ports of their own", () => {
    const text = qemuArgs({ ...plan, usbInput: false, usbDevices: [7], pciDevices: ["0000:01:00.0"] }).join(
      " ",
    );
    assert.match(
      text,
      /-device qemu-xhci,id=usb,addr=0x7 -add-fd fd=7,set=7 -device usb-host,bus=usb.0,hostdevice=\/dev\/fdset\/7/,
    );
    assert.match(text, /pcie-root-port,id=hostport0,bus=pcie.0,addr=0x1b.0x0,chassis=16,multifunction=on/);
    assert.match(text, /-device vfio-pci,host=0000:01:00.0,bus=hostport0/);
  });
});
