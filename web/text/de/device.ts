/** Geräte des Hosts, die an Gäste weitergereicht werden. */
import type { deviceText as english } from "../en/device.ts";

export const deviceText: typeof english = {
  devices: {
    title: "Geräte des Hosts",
    hint: "USB- und PCI-Geräte, die an ihn weitergereicht werden. Mit einem kann er weder abgezweigt noch schlafen gelegt werden.",
    empty: "Er hat kein Gerät des Hosts.",
    add: "Gerät weiterreichen",
    addHint: "Er hat es ab seinem nächsten Start, und der Host hat es nicht mehr.",
    device: "Gerät",
    none: "Der Host hat kein Gerät, das weitergereicht werden könnte.",
    along: (devices: string) => `Diese gehen mit: ${devices}.`,
  },
};
