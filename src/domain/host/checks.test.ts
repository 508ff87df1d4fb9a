import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { examine, programs, type Findings } from "./checks.ts";

const gibibyte = 1024 ** 3;
const able = { ok: true, reason: "it was tried" };

const cells = {
  program: "/usr/bin/qemu-system-x86_64",
  bubblewrap: "/usr/bin/bwrap",
  setpriv: "/usr/bin/setpriv",
  privileged: true,
  binds: [],
  links: {},
};

/** A host to which nothing is wanting. */
const healthy: Findings = {
  facts: {
    memory: { total: 16 * gibibyte, available: 8 * gibibyte, swapTotal: 0, swapFree: 0 },
    disk: { path: "/var/lib/lodge", total: 100 * gibibyte, free: 50 * gibibyte },
    cpu: { count: 4, virtualization: "vmx", guest: false },
    privileged: true,
    cgroup: { version: 2, controllers: ["cpu", "memory"], writable: true },
    userfaultfd: "privileged",
    ksm: "off",
    clockKeptBy: "chrony",
    service: "installed",
    programs: Object.fromEntries(programs.map(({ program }) => [program, true])),
    ovmf: true,
    virtiofsd: true,
  },
  reflink: true,
  network: { nat: true, bridge: able, tun: able, nft: able, dnsmasq: able },
  qemu: {
    identity: "/qemu 1",
    binary: "/qemu",
    version: "10.0.0",
    machine: "pc-q35-10.0",
    machines: ["pc-q35-10.0"],
    devices: [
      "vmgenid",
      "virtio-serial-pci",
      "virtio-scsi-pci",
      "virtio-balloon-pci",
      "virtio-rng-pci",
      "tpm-crb",
      "pvpanic-pci",
    ],
    commands: [],
    migration: ["x-ignore-shared"],
    netdevs: ["user"],
    fileBackend: [],
    memfdBackend: ["seal"],
    tcg: [],
  },
  accelerator: {
    accelerator: "kvm",
    finding: "proved",
    reason: "a Linux kernel ran to its end in 0.9 s",
    provedAt: "2030-01-01T00:00:00.000Z",
    bootId: "b",
    qemu: "/qemu 1",
  },
  acceleratorFile: "/var/lib/lodge/accelerator.json",
  cells,
  pools: [{ name: "default" }],
  now: Date.UTC(2030, 0, 1),
};

const withFacts = (facts: Partial<Findings["facts"]>): Findings => ({
  ...healthy,
  facts: { ...healthy.facts, ...facts },
});
const check = (found: Findings, name: string) => {
  const one = examine(found).find((entry) => entry.name === name);
  assert.ok(one, `there is no check ${name}`);
  return one;
};

describe("the doctor", () => {
  it("says of hosts in a cluster whether networks span them, and what is in the way", () => {
    const span = { kind: "trusted", mtu: 1450, blockers: [], ways: [] } as const;
    const say = (more: Partial<NonNullable<Findings["span"]>>) =>
      examine({ ...healthy, span: { ...span, ...more } }).filter(({ name }) => name === "underlay");
    assert.match(say({})[0]?.summary ?? "", /1450 bytes of a guest's packet fit/);
    assert.match(say({ kind: "none" })[0]?.fix ?? "", /lodge network underlay trusted/);
    const blockers = [{ where: "inet filter input", fix: "let it in" }];
    const ways = [
      { host: "rack-2", bytes: 9000, way: "narrow" },
      { host: "rack-3", bytes: 9000, way: "open" },
    ] as const;
    assert.deepEqual(
      say({ blockers, ways }).map(({ status, summary }) => [status, summary]),
      [
        ["warning", "Other hosts' frames (UDP 4789) are dropped by inet filter input."],
        ["warning", "Packets of 9000 bytes do not get to rack-2, though the device takes them."],
      ],
    );
    assert.ok(!examine(healthy).some(({ name }) => name === "underlay"));
  });

  it("finds nothing wanting in a healthy host", () => {
    const checks = examine(healthy);
    assert.deepEqual(
      checks.filter(({ status, fix }) => status !== "ok" || fix !== undefined),
      [],
    );
    assert.equal(new Set(checks.map(({ name }) => name)).size, checks.length);
  });

  const tcg = { ...healthy.accelerator, accelerator: "tcg" } as NonNullable<Findings["accelerator"]>;
  const cpu = healthy.facts.cpu;
  const kvm = (
    finding: "failed" | "absent" | "denied" | "unproved",
    facts: Partial<Findings["facts"]> = {},
  ) => ({
    ...withFacts(facts),
    accelerator: { ...tcg, finding },
  });

  /** A host, the check that says what is wrong with it, and a word of the fix. */
  const lacks: readonly (readonly [string, Findings, string, "warning" | "missing", RegExp])[] = [
    [
      "KVM fails in a guest",
      kvm("failed", { cpu: { ...cpu, guest: true } }),
      "accelerator",
      "warning",
      /nested.*accelerator\.json/,
    ],
    ["KVM fails on metal", kvm("failed"), "accelerator", "warning", /firmware/],
    ["no module, Intel", kvm("absent"), "accelerator", "warning", /modprobe kvm_intel/],
    [
      "no module, AMD",
      kvm("absent", { cpu: { ...cpu, virtualization: "svm" } }),
      "accelerator",
      "warning",
      /modprobe kvm_amd/,
    ],
    [
      "no virtualization",
      kvm("absent", { cpu: { ...cpu, virtualization: undefined } }),
      "accelerator",
      "warning",
      /VT-x/,
    ],
    [
      "no nested one",
      kvm("absent", { cpu: { count: 1, virtualization: undefined, guest: true } }),
      "accelerator",
      "warning",
      /nested/,
    ],
    ["KVM is closed", kvm("denied"), "accelerator", "warning", /usermod/],
    ["no kernel yet", kvm("unproved"), "accelerator", "warning", /lodge image build/],
    [
      "no accelerator known",
      { ...healthy, accelerator: undefined },
      "accelerator",
      "missing",
      /Install QEMU/,
    ],
    [
      "no QEMU",
      { ...healthy, qemu: { problem: "None.", fix: "apt-get install it." } },
      "qemu",
      "missing",
      /apt-get/,
    ],
    [
      "an old QEMU",
      { ...healthy, qemu: { ...(healthy.qemu as object), migration: [] } as never },
      "qemu",
      "warning",
      /7\.2/,
    ],
    [
      "no swtpm",
      withFacts({ programs: { ...healthy.facts.programs, swtpm: false }, ovmf: false }),
      "packages",
      "missing",
      /swtpm ovmf$/,
    ],
    ["no virtiofsd", withFacts({ virtiofsd: false }), "packages", "missing", /virtiofsd$/],
    [
      "a pool that cannot be used",
      { ...healthy, pools: [{ name: "default" }, { name: "ceph", reason: "its monitors did not answer" }] },
      "pools",
      "warning",
      /lodge pool show/,
    ],
    ["no cells wanted", { ...healthy, cells: "off" }, "cells", "warning", /without-cells/],
    [
      "no bubblewrap",
      {
        ...healthy,
        cells: new LodgeError("host.command_missing", { command: "bwrap", package: "bubblewrap" }),
      },
      "cells",
      "missing",
      /apt-get install bubblewrap/,
    ],
    [
      "no namespaces",
      { ...healthy, cells: new LodgeError("host.cell_unavailable", { reason: "no permissions" }) },
      "cells",
      "missing",
      /user namespaces/,
    ],
    ["cells of one user", { ...healthy, cells: { ...cells, privileged: false } }, "cells", "warning", /root/],
    ["no root", withFacts({ privileged: false }), "privileges", "warning", /root/],
    [
      "no cgroups",
      withFacts({ cgroup: { version: "none", controllers: [], writable: false } }),
      "cgroups",
      "warning",
      /Mount/,
    ],
    [
      "no memory controller",
      withFacts({ cgroup: { version: 1, controllers: ["cpu"], writable: true } }),
      "cgroups",
      "warning",
      /command line/,
    ],
    [
      "closed cgroups",
      withFacts({ cgroup: { ...healthy.facts.cgroup, writable: false } }),
      "cgroups",
      "warning",
      /writable/,
    ],
    [
      "no bridge",
      {
        ...healthy,
        network: { ...healthy.network, bridge: { ok: false, reason: "refused", fix: "be root" } },
      },
      "bridge",
      "warning",
      /be root/,
    ],
    [
      "no dnsmasq",
      { ...healthy, network: { ...healthy.network, dnsmasq: { ok: false, reason: "refused" } } },
      "dnsmasq",
      "warning",
      /network user/,
    ],
    [
      "little memory",
      withFacts({ memory: { ...healthy.facts.memory, available: gibibyte / 2 } }),
      "memory",
      "warning",
      /guests/,
    ],
    [
      "full swap",
      withFacts({ memory: { ...healthy.facts.memory, swapTotal: 100, swapFree: 10 } }),
      "swap",
      "warning",
      /suspend/,
    ],
    [
      "a full disk",
      withFacts({ disk: { ...healthy.facts.disk, free: gibibyte } }),
      "disk",
      "warning",
      /LODGE_HOME/,
    ],
    ["no reflinks", { ...healthy, reflink: false }, "reflink", "warning", /XFS/],
    ["no userfaultfd", withFacts({ userfaultfd: "none" }), "userfaultfd", "warning", /sysctl/],
    ["merged pages", withFacts({ ksm: "running" }), "ksm", "warning", /ksm\/run/],
    ["no time keeper", withFacts({ clockKeptBy: undefined }), "clock", "warning", /chrony/],
    ["a service of a login", withFacts({ service: "login" }), "service", "warning", /enable-linger/],
    ["no service", withFacts({ service: "missing" }), "service", "warning", /npm run install-service'/],
    ["a wrong clock", { ...healthy, now: 0 }, "clock", "missing", /Set it/],
  ];
  for (const [what, found, name, status, fix] of lacks)
    it(`sees ${what} and names the fix`, () => {
      const one = check(found, name);
      assert.equal(one.status, status);
      assert.match(one.fix ?? "", fix);
      const others = examine(found).filter((entry) => entry.name !== name);
      assert.deepEqual(
        others.map(({ status: other }) => other).filter((other) => other !== "ok"),
        [],
      );
    });

  it("says which of its features an old QEMU lacks", () => {
    const old = {
      ...healthy,
      qemu: { ...(healthy.qemu as object), devices: ["vmgenid"], netdevs: [] } as never,
    };
    assert.match(
      check(old, "qemu").summary,
      /lacks the guest agent \(virtio-serial\), .*networks without root/,
    );
  });
});
