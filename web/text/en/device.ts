/** Devices of the host that are handed on to guests. */
export const deviceText = {
  devices: {
    title: "Devices of the host",
    hint: "USB and PCI devices that are handed on to it. With one it cannot be branched or suspended.",
    empty: "It has no device of the host.",
    add: "Hand on a device",
    addHint: "It has it from its next start on, and the host has it no more.",
    device: "Device",
    none: "The host has no device that could be handed on.",
    along: (devices: string) => `These go along: ${devices}.`,
  },
};
