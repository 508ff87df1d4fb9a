/** Devices of the host that are handed on to a guest: USB and PCI. */
import { Type, type Static } from "./type.ts";

const strict = { additionalProperties: false } as const;

/** So many of each kind a guest may have. */
export const mostDevices = 8;

/**
 * Where it is plugged in ("usb:1-2.4", "pci:0000:01:00.0"), or, of USB, its make ("usb:046d:c52b"): then it is the same wherever
 * it is plugged in.
 */
export const DeviceId = Type.String({
  maxLength: 64,
  pattern:
    "^(usb:[0-9]+-[0-9]+(\\.[0-9]+)*|usb:[0-9a-f]{4}:[0-9a-f]{4}|pci:[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7])$",
  examples: ["usb:1-2", "usb:046d:c52b", "pci:0000:01:00.0"],
});

export const HostDevice = Type.Object({
  id: DeviceId,
  host: Type.Optional(Type.String({ description: "In a cluster: whose it is, by the host's name." })),
  kind: Type.Union([Type.Literal("usb"), Type.Literal("pci")]),
  model: Type.String({ description: "Its maker's number and its own.", examples: ["046d:c52b"] }),
  name: Type.String({ description: "What a USB device says that it is; what a PCI device is for." }),
  driver: Type.Optional(Type.String({ description: "The driver of the host's that has a PCI device." })),
  along: Type.Optional(
    Type.Array(DeviceId, { description: "PCI devices that go with it: the IOMMU cannot part them." }),
  ),
  guest: Type.Optional(Type.String({ description: "Whose it is, by its name." })),
  problem: Type.Optional(Type.String({ description: "Why it cannot be handed on, where it cannot." })),
});
export type HostDevice = Static<typeof HostDevice>;

export const DeviceAttach = Type.Object({ device: DeviceId }, strict);
export type DeviceAttach = Static<typeof DeviceAttach>;
