/** Firewallgruppen: wer Gäste erreicht, und wen sie erreichen. */
import type { firewallText as en } from "../en/firewall.ts";

export const firewallText: typeof en = {
  firewalls: {
    title: "Firewall",
    one: "Firewallgruppe",
    notPinned: "nicht gebunden",
    notPinnedHint: "Sie darf von jeder MAC und Adresse senden.",
    lift: "Bindung lösen",
    pin: "Wieder binden",
    liftTitle: (nic: string) => `Bindung von ${nic} lösen`,
    liftWarning:
      "Sie darf dann von jeder MAC und Adresse senden. Wer im Gast root ist, kann sich als jeder seiner Nachbarn ausgeben und bekommt, was für sie bestimmt ist.",
    liftNote:
      "Router und Gäste mit eigenen Gästen brauchen das. Gäste anderer Projekte bleiben unerreichbar.",
    wire: "Gehört und verworfen",
    wireHint:
      "Mit welchen Adressen sie in der letzten halben Stunde gehört wurde, und was seit ihrem Bestehen nicht durchgelassen wurde.",
    heardAgo: (seconds: number) =>
      seconds < 60 ? `vor ${seconds} s` : `vor ${Math.round(seconds / 60)} min`,
    refused: (count: number, shown: string) =>
      `Von der Bindung verworfen: ${shown} ${count === 1 ? "Frame" : "Frames"}`,
    denied: (count: number, shown: string) =>
      `Von Firewallgruppen verworfen: ${shown} ${count === 1 ? "Paket" : "Pakete"}`,
    add: "Neue Gruppe",
    newHint: "Eine Gruppe ohne Regeln lässt nichts herein. Sie gilt für niemanden, bis sie zugeordnet wird.",
    empty: "Keine Firewallgruppen",
    emptyHint:
      "Gäste werden von allem erreicht, was ihr Netz erlaubt. Eine Gruppe schränkt das ein: Sie gilt für die Gäste und Netze, denen sie zugeordnet ist.",
    project: "Projekt",
    made: "Angelegt",
    rules: "Regeln",
    rulesHint: "Was keine Regel der Gruppen eines Gastes hereinlässt, wird verworfen.",
    noRules: "Es wird nichts hereingelassen.",
    addRule: "Regel hinzufügen",
    removeRule: "Regel entfernen",
    removeRuleWarning: "Verbindungen, die sonst nichts erlaubt, enden sofort.",
    inUse: "Sie gilt für jemanden: Nehmen Sie den zuerst heraus.",
    peers: {
      any: "allen",
      guest: (name: string) => `Gast ${name}`,
      group: (name: string) => `Gästen der Gruppe ${name}`,
      network: (name: string) => `Netz ${name}`,
      label: (label: string) => `Gästen mit ${label}`,
    },
    direction: "Richtung",
    directions: { in: "Zu den Gästen", out: "Von den Gästen" },
    ways: { in: "von", out: "zu" },
    outHint: "Mit der ersten solchen Regel erreichen die Gäste niemanden sonst.",
    who: "Wer",
    what: "Was",
    named: "Welche",
    kinds: {
      any: "alle",
      cidr: "Adresse oder Subnetz",
      guest: "Gast",
      group: "Gäste einer Gruppe",
      network: "Netz",
      label: "Gäste mit einem Label",
    },
    protocol: "Protokoll",
    protocols: { any: "alles", tcp: "TCP", udp: "UDP", icmp: "ICMP (Ping)" },
    ports: "Ports",
    note: "Notiz",
    logged: "Was sie erlaubt, ins Protokoll des Kernels schreiben",
    isLogged: "protokolliert",
    packets: "Pakete",
    holdsFor: "Gilt für",
    holdsForHint: "Sobald es gewählt ist.",
    nobody: "niemanden",
    network: (name: string) => `alle im Netz ${name}`,
    guests: "Gäste",
    networks: "Netze",
    networksHint: "Alle Gäste darin, auch spätere.",
    removeTitle: (name: string) => `${name} entfernen?`,
    removeWarning: "Regeln anderer Gruppen, die von ihr sprechen, sprechen dann von niemandem.",
  },
};
