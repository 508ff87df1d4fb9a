/** Ordner des Hosts, die Gäste sehen. */
import type { shareText as english } from "../en/share.ts";

export const shareText: typeof english = {
  shares: {
    title: "Geteilte Ordner",
    hint: "Ordner des Hosts, die er sieht. Mit einem kann er weder abgezweigt noch schlafen gelegt werden.",
    empty: "Er sieht keinen Ordner des Hosts.",
    add: "Ordner teilen",
    name: "Name",
    path: "Ordner des Hosts",
    pathHint: "Was root im Gast dort anlegt, gehört dem Besitzer des Ordners.",
    at: "Ort im Gast",
    atHint: "Dort hängt ihn sein Agent ein; leer: /mnt und der Name des Ordners.",
    may: "Der Gast darf",
    mayRead: "lesen",
    mayWrite: "lesen und schreiben",
    readOnly: "Nur lesen",
    readOnlyHint: "Ordner von root können nur so geteilt werden.",
    removeTitle: (name: string) => `${name} nicht mehr teilen?`,
    removeWarning: "Was in dem Ordner liegt, bleibt, wie es ist.",
  },
};
