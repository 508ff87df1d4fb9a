/** German: one's own desktops. */
export const desktopText = {
  desktops: {
    title: "Desktops",
    none: "Für Sie gibt es noch keinen Desktop",
    noneHint:
      "Wer Lodge betreut, legt fest, wer welchen haben darf. Fragen Sie dort, und nennen Sie Ihren Anmeldenamen.",
    manage: "Lodge verwalten",
    signedOff: (title: string) => `Sie haben sich von ${title} abgemeldet.`,
    keeps: {
      nothing: "Jedes Mal neu, nichts bleibt",
      home: "Neues System, eigene Dateien bleiben",
      guest: "Nur für Sie, alles bleibt",
    },
    opens: (at: string) => `Öffnet ${at}`,
    closes: (at: string) => `Offen bis ${at}`,
    openBeside: "Auch hier öffnen",
    states: {
      closed: "jetzt geschlossen",
      connected: "anderswo geöffnet",
      fresh: "bereit",
      slow: "dauert einen Moment",
      waits: "geht weiter, wo Sie waren",
      suspended: "schläft, wacht beim Öffnen auf",
      stopped: "aus, startet beim Öffnen",
      preparing: "wird vorbereitet",
      ending: "wird beendet",
      lost: "sein Host antwortet nicht",
    },
    picture: "Desktop",
    toAll: "Alle Desktops",
    comingBack: "Die Verbindung ist weg. Neuer Versuch…",
    notRecorded: "Dieser Desktop muss aufgezeichnet werden, und das geht gerade nicht",
    notRecordedHint:
      "Er kommt von selbst wieder, sobald es geht. Wenn nicht, sagen Sie dem Helpdesk, dass vielleicht kein Platz für Aufzeichnungen ist.",
    preparing: "Ihr Desktop wird vorbereitet",
    preparingHint: "Er öffnet sich von selbst, sobald er da ist.",
    ended: {
      gone: "Dieser Desktop ist beendet",
      idle: "Niemand war da",
      disconnected: "Dieser Desktop ist beendet",
      longest: "Dieser Desktop ist beendet",
      hours: "Die Desktops schließen jetzt",
      "roll-out": "Es gibt eine neue Fassung dieses Desktops",
      asked: "Der Helpdesk hat diesen Desktop beendet",
      "taken-over": "Ihr Desktop wurde anderswo geöffnet",
      "signed-off": "Sie haben sich abgemeldet",
      reset: "Ihr Desktop wurde zurückgesetzt",
    },
    endedHints: {
      gone: "Öffnen Sie ihn erneut, um weiterzumachen.",
      idle: "Eine Weile wurde nichts gedrückt, darum wurde diese Seite getrennt. Ihr Desktop läuft weiter, wie Sie ihn verlassen haben.",
      disconnected: "So lange, wie er allein weiterlaufen darf, hat ihn niemand angesehen.",
      longest: "Er war so lange offen, wie einer offen sein darf.",
      hours: "Er lässt sich wieder öffnen, sobald sie offen sind.",
      "roll-out": "Öffnen Sie ihn erneut, um sie zu bekommen.",
      asked: "Öffnen Sie ihn erneut, oder fragen Sie dort.",
      "taken-over": "Dort geht er weiter. Hier können Sie ihn zurückholen.",
      "signed-off": "Was er nicht behält, ist weg.",
      reset: "Öffnen Sie ihn erneut: Der neue ist bereit.",
    },
    home: {
      coming: "Ihre Dateien kommen",
      comingHint:
        "Ihren Desktop sehen Sie schon. Tasten und Maus gelten, sobald Ihre Dateien da sind: Was vorher gespeichert würde, wäre verloren.",
      failed: "Ihre Dateien sind nicht gekommen",
    },
    openAgain: "Erneut öffnen",
    takeBack: "Hierher holen",
    shareIt: "An beiden Orten ansehen",
    asksToLook: (by: string, control: boolean) =>
      control ? `${by} möchte Ihren Desktop bedienen` : `${by} möchte Ihren Desktop sehen`,
    asksHint: (control: boolean) =>
      control
        ? "Wenn Sie zustimmen, gelten Tasten und Maus von Ihnen beiden. Sie können es jederzeit beenden."
        : "Wenn Sie zustimmen, ist Ihr Bildschirm zu sehen, aber nicht zu bedienen. Sie können es jederzeit beenden.",
    allow: "Zustimmen",
    refuse: "Ablehnen",
    looksOn: (by: string, control: boolean) => (control ? `${by} sieht und bedient ihn` : `${by} sieht ihn`),
    endShadow: "Beenden",
    recorded: "Diese Sitzung wird aufgezeichnet",
    messageFrom: (by: string, at: string) => `${by} um ${at}`,
    why: {
      idle: "Sind Sie noch da?",
      disconnected: "Niemand sieht ihn an",
      longest: "Die längste Zeit ist fast um",
      hours: "Die Desktops schließen bald",
      "roll-out": "Es gibt eine neue Fassung dieses Desktops",
      asked: "Der Helpdesk beendet diesen Desktop",
    },
    what: {
      disconnect: "Sie werden getrennt:",
      suspend: "Er wird schlafen gelegt:",
      "sign-off": "Speichern Sie Ihre Arbeit. Sie werden abgemeldet:",
    },
    inSeconds: (seconds: number) =>
      seconds >= 120
        ? `in ${Math.round(seconds / 60)} Minuten.`
        : seconds === 1
          ? "in einer Sekunde."
          : `in ${seconds} Sekunden.`,
    stillHere: "Ich bin noch da",
    toolbar: "Werkzeugleiste",
    leave: "Verlassen: Er läuft ohne Sie weiter",
    touchKeyboard: "Tastatur",
    addMonitor: "Ein weiterer Monitor",
    monitorWaits: "Dieser Monitor kommt, sobald Ihr Desktop ihn hat.",
    monitorRefused: "Ihr Browser hat kein Fenster geöffnet",
    monitorRefusedHint: "Erlauben Sie dieser Seite, Fenster zu öffnen; jeder Monitor ist eines.",
    files: "Dateien",
    send: "Dateien senden",
    sendHint: "Sie kommen in seine Downloads. Dateien lassen sich auch auf das Bild ziehen.",
    fetchHint: "Was in seinen Downloads liegt:",
    noFiles: "Nichts",
    look: "Bild",
    resolution: "Größe",
    asWindow: "Wie dieses Fenster",
    quality: "Was sich bewegt",
    qualityHint: "Was ruht, ist nach einem Moment genau, was auch gewählt ist.",
    qualities: { sharp: "Scharf", balanced: "Ausgewogen", sparing: "Sparsam, für langsame Leitungen" },
    power: "Ein und aus",
    restart: "Neu starten",
    restartHint: "Aus und wieder ein",
    restartTitle: "Desktop neu starten?",
    restartWarning: "Was nicht gespeichert ist, geht verloren.",
    reset: "Zurücksetzen",
    resetHints: {
      nothing: "Ein neuer Desktop an seiner Stelle",
      home: "Ein neues System; Ihre Dateien bleiben",
      guest: "Hart aus- und wieder eingeschaltet",
    },
    resetTitle: "Desktop zurücksetzen?",
    resetWarnings: {
      nothing: "Alles darauf geht verloren, und Sie bekommen einen neuen.",
      home: "Sie bekommen ein neues System. Was in Ihrem Home liegt, bleibt; was nicht gespeichert ist, geht verloren.",
      guest:
        "Er wird wie am Netzschalter aus- und wieder eingeschaltet. Was nicht gespeichert ist, geht verloren.",
    },
    help: "Hilfe",
    helps: {
      kept: "Was bleibt",
      keeps: {
        nothing: "Nichts. Wenn Sie sich abmelden, ist alles weg: Holen Sie vorher heraus, was Sie brauchen.",
        home: "Was in Ihrem Home liegt. Programme, die Sie installieren, und Einstellungen des Systems sind nach dem Abmelden weg.",
        guest: "Alles, wie auf einem eigenen Rechner.",
      },
      toolbar: "Diese Leiste",
      toolbarHint:
        "Bewegen Sie den Zeiger an den oberen Rand, drücken Sie dort den kleinen Griff, oder Strg Alt Umschalt zusammen.",
      fingers: "Mit Fingern",
      fingersHint:
        "Tippen: Klick. Mit zweien tippen oder halten: rechte Taste. Zwei bewegen: blättern. Zwei spreizen: Bild vergrößern.",
      away: "Wenn Sie weggehen",
      awayHint:
        "Verlassen Sie ihn, oder schließen Sie einfach die Seite: Ihr Desktop läuft weiter, und Sie finden ihn, wie er war, hier oder in einem anderen Browser. Melden Sie sich ab, wenn Sie fertig sind.",
      stuck: "Wenn er hängt",
      stuckHint: "Fragen Sie den Helpdesk. Dort kann man Ihren Desktop sehen, wenn Sie zustimmen.",
      stuckPowerHint:
        "Starten Sie ihn neu oder setzen Sie ihn zurück. Hilft das nicht, fragen Sie den Helpdesk: Dort kann man Ihren Desktop sehen, wenn Sie zustimmen.",
    },
    signOff: "Abmelden",
    signOffTitle: "Abmelden?",
    signOffWarnings: {
      nothing: "Alles auf diesem Desktop ist dann weg.",
      home: "Ihre Dateien bleiben. Was nicht gespeichert ist, geht verloren.",
      guest: "Ihr Desktop wird heruntergefahren und behalten. Was nicht gespeichert ist, geht verloren.",
    },
  },
};
