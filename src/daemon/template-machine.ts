/** The machine of a template: what it is composed of, as a guest that is nobody's. */
import { compose, type ComposeParts } from "#domain/guest/compose";
import type { PlanParts } from "#domain/template/plan";

export const templateMachine =
  (parts: ComposeParts): PlanParts["machineOf"] =>
  (id, name, image, shape, layer, nic) =>
    compose(parts, {
      id,
      name: "template",
      project: shape.project,
      // Nobody's seed: a template knows no user.
      image: { ...image, cloudInit: false },
      body: {
        cpus: shape.cpus,
        memory: shape.memory,
        sound: shape.sound ?? false,
        monitors: shape.monitors ?? 1,
      },
      // An address decides that the NIC is a tap; the template's own leads nowhere.
      nics: [
        {
          id: "nic0",
          network: "default",
          mac: "52:54:00:00:00:00",
          ...(nic === "tap" ? { address: "0.0.0.0" } : {}),
        },
      ],
      disks: [{ id: "disk0", bus: "virtio-blk", format: "qcow2", size: image.size, layer }],
      ownMemory: false,
      origin: { image: name, how: "boot" },
    });
