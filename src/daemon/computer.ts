/** What this computer can do for guests: its QEMU and what that has, and what runs them fast. */
import { join } from "node:path";
import type { Clock } from "#base/clock";
import type { Store } from "#durable/store/store";
import type { Hardware } from "#domain/guest/launch";
import { acceleratorOf } from "#domain/host/accelerator";
import { findUefi } from "#domain/host/this-host";
import { readyImages } from "#domain/image/record";
import { qemuFeatures } from "#hypervisor/qemu/features";

export interface ComputerParts {
  readonly home: string;
  readonly store: Store;
  readonly clock: Clock;
  /** What this host is called in its cluster. */
  readonly name: string | undefined;
}

/** @throws LodgeError host.command_missing */
export async function readComputer({ home, store, clock, name }: ComputerParts) {
  const featuresFile = join(home, "cache", "qemu.json");
  const acceleratorFile = join(home, "cache", "accelerator.json");
  const features = await qemuFeatures({ cacheFile: featuresFile });
  const kernels = async () =>
    (await readyImages(store)).flatMap(({ kernel }) => (kernel === undefined ? [] : [kernel]));
  const accelerator = acceleratorOf({
    qemu: async () => features,
    cacheFile: acceleratorFile,
    kernels,
    clock,
  });
  const hardware: Hardware = {
    ...(name === undefined ? {} : { host: name }),
    binary: features.binary,
    identity: features.identity,
    machineType: features.machine,
    // Its schema names only what is built in.
    vnc: features.commands.includes("query-vnc-servers"),
    tablet: ["virtio-tablet-pci", "virtio-keyboard-pci"].every((device) => features.devices.includes(device)),
    sound: ["ich9-intel-hda", "hda-output"].every((device) => features.devices.includes(device)),
    monitors: features.devices.includes("virtio-vga"),
    plugsMemory: features.devices.includes("virtio-mem-pci"),
    accelerator: async () => (await accelerator()).accelerator,
    uefi: await findUefi(),
  };
  return { features, featuresFile, accelerator, acceleratorFile, hardware };
}
