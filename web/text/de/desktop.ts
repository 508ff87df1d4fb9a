/** German: one's own desktops. */
export const desktopText = {
  desktops: {
    title: "Desktops",
    none: "Für dich gibt es noch keinen Desktop",
    noneHint:
      "Wer Lodge betreut, legt fest, wer welchen haben darf. Frag dort, und nenne deinen Anmeldenamen.",
    manage: "Lodge verwalten",
    signedOff: (title: string) => `Du hast dich von ${title} abgemeldet.`,
    keeps: {
      nothing: "Jedes Mal neu, nichts bleibt",
      home: "Neues System, eigene Dateien bleiben",
      guest: "Nur für dich, alles bleibt",
    },
    opens: (at: string) => `Offen ab ${at}`,
    closes: (at: string) => `Offen bis ${at}`,
    open: "Öffnen",
    goOn: "Weiter",
    openBeside: "Auch hier öffnen",
    signOutToo: "Auch von Lodge abmelden",
    states: {
      closed: "jetzt geschlossen",
      full: "gerade alle vergeben",
      connected: "anderswo geöffnet",
      fresh: "bereit",
      slow: "dauert einen Moment",
      waits: "geht weiter, wo du warst",
      suspended: "schläft, wacht beim Öffnen auf",
      stopped: "aus, startet beim Öffnen",
      preparing: "wird vorbereitet",
      ending: "wird beendet",
      lost: "sein Host antwortet nicht",
    },
    picture: "Desktop",
    toAll: "Alle Desktops",
    opening: (title: string) => `${title} wird geöffnet…`,
    comingBack: "Die Verbindung ist weg. Neuer Versuch…",
    signingOff: "Wird abgemeldet…",
    notRecorded: "Dieser Desktop muss aufgezeichnet werden, und das geht gerade nicht",
    notRecordedHint:
      "Er kommt von selbst wieder, sobald es geht. Wenn nicht, sag dem Helpdesk, dass vielleicht kein Platz für Aufzeichnungen ist.",
    preparing: "Dein Desktop wird vorbereitet",
    preparingHint: "Das dauert einen Moment. Er öffnet sich von selbst, sobald er da ist.",
    refusals: {
      unknown: {
        title: (title: string) => `Einen Desktop „${title}“ gibt es für dich nicht`,
        hint: (user: string) =>
          `Im Link kann ein Tippfehler sein, oder niemand hat ${user} diesen Desktop gegeben. Frag, wer dir den Link geschickt hat.`,
      },
      closed: {
        title: (title: string) => `${title} ist jetzt geschlossen`,
        hint: (at: string) => (at === "" ? "Komm an einem anderen Tag wieder." : `Wieder offen ab ${at}.`),
      },
      full: {
        title: (title: string) => `Alle Desktops von ${title} sind vergeben`,
        hint: (_user: string) =>
          "Einer ist frei, sobald sich jemand abmeldet. Versuch es nachher noch einmal.",
      },
      lost: {
        title: (title: string) => `${title} ist nicht zu erreichen`,
        hint: (_user: string) =>
          "Der Rechner, auf dem dein Desktop ist, antwortet nicht. Sobald er es tut, ist dein Desktop da, wie du ihn verlassen hast.",
      },
      homeHeld: {
        title: (_title: string) => "Deine Dateien sind in Gebrauch",
        hint: (_user: string) =>
          "Ein anderer Desktop von dir hat sie noch und gibt sie zurück, sobald er beendet ist. Versuch es gleich noch einmal.",
      },
      homeAway: {
        title: (_title: string) => "Deine Dateien sind nicht zu erreichen",
        hint: (_user: string) => "Der Rechner, auf dem sie sind, antwortet nicht. Sie sind dort sicher.",
      },
      off: {
        title: (title: string) => `${title} zeigt kein Bild`,
        hint: (_user: string) => "Er startet gerade oder fährt herunter. Versuch es gleich noch einmal.",
      },
    },
    ended: {
      gone: "Dieser Desktop ist beendet",
      idle: "Niemand war da",
      disconnected: "Dieser Desktop ist beendet",
      longest: "Dieser Desktop ist beendet",
      hours: "Die Desktops schließen jetzt",
      "roll-out": "Es gibt eine neue Fassung dieses Desktops",
      asked: "Der Helpdesk hat diesen Desktop beendet",
      "taken-over": "Dein Desktop wurde anderswo geöffnet",
      "signed-off": "Du hast dich abgemeldet",
      reset: "Dein Desktop wurde zurückgesetzt",
      lost: "Der Host deines Desktops antwortet nicht",
    },
    endedHints: {
      gone: "Öffne ihn erneut, um weiterzumachen.",
      idle: "Eine Weile wurde nichts gedrückt, darum wurde diese Seite getrennt. Dein Desktop läuft weiter, wie du ihn verlassen hast.",
      disconnected: "So lange, wie er allein weiterlaufen darf, hat ihn niemand angesehen.",
      longest: "Er war so lange offen, wie einer offen sein darf.",
      hours: "Er lässt sich wieder öffnen, sobald sie offen sind.",
      "roll-out": "Öffne ihn erneut, um sie zu bekommen.",
      asked: "Öffne ihn erneut, oder frag dort.",
      "taken-over": "Dort geht er weiter. Hier kannst du ihn zurückholen.",
      "signed-off": "Was er nicht behält, ist weg.",
      reset: "Öffne ihn erneut: Der neue ist bereit.",
      lost: "Warte, bis er dort weitergeht, sobald der Host wieder da ist, oder öffne ihn erneut: Dann bekommst du einen anderen, und was der alte nicht behält, ist weg.",
    },
    replaced: "Das ist ein anderer Desktop",
    replacedHint: (host: string, since: string | undefined) =>
      `Der, den du hattest, ist mit seinem Host ${host} verloren, der ${since ? `seit ${since} nicht antwortet` : "nicht antwortet"}.`,
    lostOn: (host: string, since: string | undefined, keeps: "nothing" | "home" | "guest") =>
      `Er ist auf ${host}, der ${since ? `seit ${since} nicht antwortet` : "nicht antwortet"}. ${
        keeps === "guest"
          ? "Nichts von ihm ist weg: Er geht weiter, sobald der Host wieder da ist."
          : "Öffne ihn, um einen anderen zu bekommen."
      }`,
    home: {
      coming: "Deine Dateien kommen",
      comingHint:
        "Deinen Desktop siehst du schon. Tasten und Maus gelten, sobald deine Dateien da sind: Was vorher gespeichert würde, wäre verloren.",
      failed: "Deine Dateien sind nicht gekommen",
    },
    openAgain: "Erneut öffnen",
    takeBack: "Hierher holen",
    shareIt: "An beiden Orten ansehen",
    asksToLook: (by: string, control: boolean) =>
      control ? `${by} möchte deinen Desktop bedienen` : `${by} möchte deinen Desktop sehen`,
    asksHint: (control: boolean) =>
      control
        ? "Wenn du zustimmst, gelten Tasten und Maus von euch beiden. Du kannst es jederzeit beenden."
        : "Wenn du zustimmst, ist dein Bildschirm zu sehen, aber nicht zu bedienen. Du kannst es jederzeit beenden.",
    allow: "Zustimmen",
    refuse: "Ablehnen",
    looksOn: (by: string, control: boolean) => (control ? `${by} sieht und bedient ihn` : `${by} sieht ihn`),
    endShadow: "Beenden",
    recorded: "Diese Sitzung wird aufgezeichnet",
    messageFrom: (by: string, at: string) => `${by} um ${at}`,
    why: {
      idle: "Bist du noch da?",
      disconnected: "Niemand sieht ihn an",
      longest: "Die längste Zeit ist fast um",
      hours: "Die Desktops schließen bald",
      "roll-out": "Es gibt eine neue Fassung dieses Desktops",
      asked: "Der Helpdesk beendet diesen Desktop",
    },
    what: {
      disconnect: "Du wirst getrennt:",
      suspend: "Er wird schlafen gelegt:",
      "sign-off": "Speichere deine Arbeit. Du wirst abgemeldet:",
    },
    inSeconds: (seconds: number) =>
      seconds >= 120
        ? `in ${Math.round(seconds / 60)} Minuten.`
        : seconds === 1
          ? "in einer Sekunde."
          : `in ${seconds} Sekunden.`,
    stillHere: "Ich bin noch da",
    toolbar: "Werkzeugleiste",
    leave: "Verlassen",
    leaveHint: "Er läuft ohne dich weiter, und du findest ihn, wie du ihn verlassen hast.",
    touchKeyboard: "Tastatur",
    addMonitor: "Ein weiterer Monitor",
    monitorWaits: "Dieser Monitor kommt, sobald dein Desktop ihn hat.",
    monitorRefused: "Dein Browser hat kein Fenster geöffnet",
    monitorRefusedHint: "Erlaub dieser Seite, Fenster zu öffnen; jeder Monitor ist eines.",
    clipboard: {
      shareHint:
        "Dein Browser fragt einmal. Was du hier kopiert hast, ist dort, wenn du zu deinem Desktop kommst.",
      clipboardTextHint: "Was auf dem Desktop zuletzt kopiert wurde, oder was du schreibst.",
      give: "An den Desktop geben",
    },
    files: "Dateien",
    send: "Dateien senden",
    sendHint: "Sie kommen in seine Downloads. Dateien lassen sich auch auf das Bild ziehen.",
    fetchHint: "Was in seinen Downloads liegt:",
    noFiles: "Nichts",
    look: "Bild",
    resolution: "Größe",
    asWindow: "Wie dieses Fenster",
    quality: "Schärfe",
    qualityHint: "Von dem, was sich bewegt. Was ruht, ist nach einem Moment genau.",
    qualities: { sharp: "Scharf", balanced: "Ausgewogen", sparing: "Sparsam, für langsame Leitungen" },
    power: "Ein und aus",
    restart: "Neu starten",
    restartHint: "Aus und wieder ein",
    restartTitle: "Desktop neu starten?",
    restartWarning: "Was nicht gespeichert ist, geht verloren.",
    reset: "Zurücksetzen",
    resetHints: {
      nothing: "Ein neuer Desktop an seiner Stelle",
      home: "Ein neues System; deine Dateien bleiben",
      guest: "Hart aus- und wieder eingeschaltet",
    },
    resetTitle: "Desktop zurücksetzen?",
    resetWarnings: {
      nothing: "Alles darauf geht verloren, und du bekommst einen neuen.",
      home: "Du bekommst ein neues System. Was in deinem Home liegt, bleibt; was nicht gespeichert ist, geht verloren.",
      guest:
        "Er wird wie am Netzschalter aus- und wieder eingeschaltet. Was nicht gespeichert ist, geht verloren.",
    },
    help: "Hilfe",
    helps: {
      kept: "Was bleibt",
      keeps: {
        nothing: "Nichts. Wenn du dich abmeldest, ist alles weg: Hol vorher heraus, was du brauchst.",
        home: "Was in deinem Home liegt. Programme, die du installierst, und Einstellungen des Systems sind nach dem Abmelden weg.",
        guest: "Alles, wie auf einem eigenen Rechner.",
      },
      toolbar: "Diese Leiste",
      toolbarHint:
        "Beweg den Zeiger an den oberen Rand, drück dort den kleinen Griff, oder Strg Alt Umschalt zusammen.",
      toolbarTouchHint:
        "Die zwei Knöpfe am rechten Rand bringen diese Leiste und die Tastatur. Tipp auf das Bild, um dorthin zurückzugehen.",
      fingers: "Mit Fingern",
      fingersHint:
        "Tippen: Klick. Mit zweien tippen oder halten: rechte Taste. Zwei bewegen: blättern. Zwei spreizen: Bild vergrößern.",
      away: "Wenn du weggehst",
      awayHint:
        "Verlass ihn, oder schließ einfach die Seite: Dein Desktop läuft weiter, und du findest ihn, wie er war, hier oder in einem anderen Browser. Melde dich ab, wenn du fertig bist.",
      stuck: "Wenn er hängt",
      stuckHint: "Frag den Helpdesk. Dort kann man deinen Desktop sehen, wenn du zustimmst.",
      stuckPowerHint:
        "Starte ihn neu oder setz ihn zurück. Hilft das nicht, frag den Helpdesk: Dort kann man deinen Desktop sehen, wenn du zustimmst.",
    },
    signOff: "Abmelden",
    signOffTitle: "Abmelden?",
    signOffWarnings: {
      nothing: "Alles auf diesem Desktop ist dann weg.",
      home: "Deine Dateien bleiben. Was nicht gespeichert ist, geht verloren.",
      guest: "Dein Desktop wird heruntergefahren und behalten. Was nicht gespeichert ist, geht verloren.",
    },
  },
};
