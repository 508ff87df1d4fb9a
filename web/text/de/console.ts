/** Deutsch: Konsolen. */
export const consoleText = {
  console: {
    sendKeys: "Tasten senden",
    ctrl: "Strg",
    del: "Entf",
    print: "Druck",
    guestLayout: "Tastatur des Gasts",
    noKeyFor: (characters: string) => `Diese Tastatur hat keine Taste für: ${characters}`,
    clipboard: "Zwischenablage",
    policy: "Kopierter Text geht",
    ways: { both: "in beide Richtungen", in: "in den Gast", out: "aus dem Gast", none: "nirgendwohin" },
    policies: {
      both: "Für alle, die diesen Gast ansehen. In seinem Desktop muss der Agent von SPICE laufen (spice-vdagent).",
      in: "Was hier kopiert wird, lässt sich im Gast einfügen. Heraus kommt nichts.",
      out: "Was im Gast kopiert wird, kommt hierher. Hinein geht nichts.",
      none: "Kein Text wird in diesen Gast hinein- oder aus ihm herauskopiert.",
    },
    share: "Gemeinsam mit der Zwischenablage dieses Computers",
    shareHint:
      "Der Browser fragt einmal. Der Gast erhält das Kopierte, sobald Sie zu seinem Bildschirm kommen.",
    shareRefused: "Der Browser erlaubt es dieser Seite nicht. Der Text unten geht von Hand.",
    clipboardText: "Text",
    clipboardTextHint: "Was im Gast zuletzt kopiert wurde, oder was Sie schreiben.",
    give: "Dem Gast geben",
    copy: "Kopieren",
    copied: "Kopiert",
    fit: "Anpassen",
    fitHint: "Der Bildschirm des Gasts folgt der Größe dieses Fensters, wenn sein Desktop das kann.",
    leaveFullScreen: "Vollbild verlassen",
    holdEscape: "Alle Tasten gehen an den Gast. Esc gedrückt halten, um zu gehen.",
    pressEscape: "Esc verlässt das Vollbild.",
  },
} as const;
