/** Hosts and guests for placement, alike but for what a test says. */
import type { HostOffer } from "../../src/domain/host/placement/offer.ts";
import type { Resident, Wish } from "../../src/domain/host/placement/wish.ts";

export const GiB = 2 ** 30;

export const offerOf = (name: string, more: Partial<HostOffer> = {}): HostOffer => ({
  host: `id-${name}`,
  name,
  state: "in",
  architecture: "x86_64",
  accelerator: "kvm",
  machineTypes: ["pc-q35-7.2"],
  cpuModels: ["host", "max"],
  cpuFeatures: ["avx", "avx2"],
  features: ["uefi"],
  lacksNetworks: [],
  pools: [{ name: "default", shared: false, free: 1000 * GiB }],
  images: [],
  templates: [],
  labels: {},
  taints: [],
  limit: { memory: 64 * GiB, cpus: 64, disk: 2000 * GiB },
  held: { memory: 0, cpus: 0, disk: 0 },
  available: 64 * GiB,
  ...more,
});

export const wishOf = (name: string, more: Partial<Wish> = {}): Wish => ({
  name,
  project: "default",
  labels: {},
  needs: { memory: GiB, cpus: 1, disk: 20 * GiB },
  atOnce: { fork: GiB / 4, boot: GiB },
  networks: ["default"],
  pools: [{ name: "default", bytes: 0 }],
  placement: {},
  ...more,
});

export const residentOf = (name: string, host: string, more: Partial<Resident> = {}): Resident => ({
  ...wishOf(name),
  id: `g-${name}`,
  host: `id-${host}`,
  ...more,
});
