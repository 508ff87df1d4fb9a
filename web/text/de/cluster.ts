/** Viele Rechner, die einer sind: welche es gibt, was wo ist, und was von einem zum anderen geht. */
export const clusterText = {
  hosts: {
    title: "Rechner",
    one: "Rechner",
    unanswered: (hosts: string, count: number) =>
      count === 1
        ? `${hosts} antwortet nicht: Was dort liegt, fehlt hier.`
        : `${hosts} antworten nicht: Was dort liegt, fehlt hier.`,
    noQuorum: (at: string) =>
      `Der Verbund hat keine Mehrheit: Nichts kann geändert werden, und von anderen Rechnern steht hier, was um ${at} bekannt war. Was läuft, läuft weiter. Auf der Seite der Rechner steht, was zu tun ist.`,
    asOf: (at: string) => `Stand ${at}`,
    old: (hosts: string, count: number) =>
      count === 1
        ? `${hosts} antwortet nicht: Von seinen Gästen steht hier, was zuletzt bekannt war.`
        : `${hosts} antworten nicht: Von ihren Gästen steht hier, was zuletzt bekannt war.`,
    states: {
      answers: "antwortet",
      away: "antwortet nicht",
      unknown: "nicht bekannt",
      draining: "wird geräumt",
      drained: "geräumt",
    },
    awaySince: "Antwortet nicht seit",
    address: "Adresse",
    version: "Lodge",
    voter: "Stimme",
    voterHint: "Er hat eine Kopie vom Zustand des Verbunds und zählt, wenn Rechner sich einigen müssen.",
    witness: "Zeuge",
    guests: "Gäste",
    memory: "Speicher",
    memoryPromised: "Speicher zugesagt",
    processors: "Prozessoren",
    labels: "Etiketten",
    taints: "Makel",
    pools: "Lager",
    joined: "Mitglied seit",
    lastly: "Zuletzt",
    nothing: "Dort ist noch nichts geschehen.",
    comesBack: "Kommt anderswo zurück",
    budgets: "Was Vorlagen nehmen dürfen, hat jeder Rechner für sich: Es steht auf seiner Seite.",
    thisOne: "der diese Seite beantwortet",
    noGuests: "Auf diesem Rechner ist kein Gast.",
    here: "hier bist du",
    of: (used: string, all: string) => `${used} von ${all}`,
    noAnswer: (host: string) => `${host} antwortet nicht`,
    noAnswerHint:
      "Was dort läuft, läuft vielleicht weiter. Hochverfügbare Gäste kommen anderswo zurück, sobald sicher ist, dass er sie nicht mehr laufen lässt.",
    detailAway: "Er kann nur gefragt werden, solange er antwortet.",
  },
  cluster: {
    status: "Der Verbund",
    states: { alone: "allein", well: "gesund", weakened: "geschwächt", stopped: "steht still" },
    advice: "Was zu tun ist",
    removeGuests: (count: number) =>
      count === 1 ? "1 Gast ist noch auf ihm." : `${count} Gäste sind noch auf ihm.`,
    make: "Einen Verbund daraus machen",
    makeTitle: "Aus diesem Rechner einen Verbund machen",
    makeHint:
      "Dieser Rechner wird der erste eines Verbunds, dem andere beitreten können. Sein Zustand wird aus einer Datei nach etcd kopiert, zurückgelesen und verglichen; bis das getan ist, hat sich nichts geändert. Gäste laufen weiter, und die Datei bleibt daneben liegen.",
    makeAfter:
      "Danach startet der Dienst neu, was einige Sekunden dauert: Diese Seite kommt von selbst wieder. Für alle, die Lodge benutzen, ändert sich sonst nichts.",
    name: "Name dieses Rechners",
    nameHint: "So kennen ihn andere Rechner und Menschen. Im Verbund gibt es ihn einmal.",
    address: "Seine Adresse für andere Rechner",
    addressHint: "Eine Adresse oder ein Name, unter dem die anderen ihn auf TCP-Port 8470 erreichen.",
    making: "Der Verbund entsteht",
    aloneHint: "Nimm einen zweiten dazu, und Gäste können zwischen ihnen umziehen.",
    add: "Rechner dazunehmen",
    addTitle: "Einen Rechner dazunehmen",
    addHint:
      "Führe dies auf dem neuen Rechner aus, auf dem Lodge eingerichtet ist und noch keine Gäste sind. Das Kennwort gilt für einen Rechner und wird nur jetzt gezeigt.",
    addUntil: "Gilt bis",
    copyCommand: "Befehl kopieren",
    remove: "Entfernen",
    removeTitle: (host: string) => `${host} entfernen?`,
    removeWarning:
      "Von da an ist er kein Mitglied mehr: Was er sagt, zählt nicht mehr. Gäste, die noch auf ihm sind, sind für den Verbund verloren.",
    removeAway:
      "Er antwortet nicht. Stelle sicher, dass er aus ist: Was dort noch läuft, liefe weiter und könnte auf gemeinsame Platten schreiben.",
    traits: "Etiketten und Makel",
    labelsOf: (host: string) => `Etiketten und Makel von ${host}`,
    labelsHint: "Je Zeile ein Schlüssel=Wert. Gäste können nach Rechnern mit einem Etikett fragen.",
    taintsHint: "Je Zeile einer. Ein Makel hält Gäste fern, die nicht sagen, dass sie ihn ertragen.",
  },
  drain: {
    drain: "Räumen",
    resume: "Wieder aufnehmen",
    title: (host: string) => `${host} räumen`,
    hint: "Seine Gäste gehen auf andere Rechner, und er nimmt keine mehr, bis er wieder aufnimmt. Noch ist nichts umgezogen: Das ist der Plan.",
    empty: "Kein Gast ist auf ihm. Er nimmt keine mehr, bis er wieder aufnimmt.",
    moves: (count: number) =>
      count === 1 ? "1 Gast geht auf einen anderen Rechner" : `${count} Gäste gehen auf andere Rechner`,
    stuck: (count: number) => (count === 1 ? "1 Gast kann nicht fort" : `${count} Gäste können nicht fort`),
    stuckHint:
      "Sie bleiben, bis geändert ist, was hier steht. Auch ruhende Gäste mit Platten auf diesem Rechner werden geschickt.",
    begin: "Räumen",
    beginSome: "Räumen, was gehen kann",
    back: "Seine Gäste zurückholen",
    backHint: "Die das Räumen fortgeschickt hat, soweit sie zurückkönnen.",
    resumeTitle: (host: string) => `${host} nimmt wieder auf`,
    resumeHint: "Er nimmt wieder Gäste.",
    how: { live: "laufend", cold: "ruhend", restart: "neu gestartet" } as Readonly<Record<string, string>>,
  },
  rebalance: {
    title: "Neu verteilt nach Vorgabe",
    by: (host: string) => `Geplant von ${host}.`,
    states: { waits: "wartet", moves: "unterwegs", moved: "umgezogen", stays: "bleibt" },
  },
  move: {
    title: (guest: string) => `${guest} umziehen`,
    action: "Umziehen",
    menu: "Auf einen anderen Rechner umziehen",
    to: "Nach",
    choose: "Lodge wählt",
    ready: (host: string) => `Er kann nach ${host} gehen.`,
    live: "Er läuft die ganze Zeit; für den letzten Augenblick, meist weniger als eine Zehntelsekunde, steht er still.",
    cold: "Er läuft nicht: Seine Platten werden geschickt.",
    sends: (size: string) => `${size} sind zu schicken.`,
    blocked: (count: number, host: string) =>
      count === 1
        ? `Eines hält ihn davon ab, nach ${host} zu gehen`
        : `${count} Dinge halten ihn davon ab, nach ${host} zu gehen`,
    fix: "Was zu tun ist",
    done: (guest: string, host: string) => `${guest} ist jetzt auf ${host}.`,
    underWay: "Unterwegs zu einem anderen Rechner",
    cancel: "Umzug aufgeben",
    outside: "Ein Rechner außerhalb, mit dessen Token",
    token: "Token",
    tokenHint:
      "'lodge arrival token' gibt es auf dem Rechner aus, zu dem der Gast gehen soll; auch dessen Seite der Rechner macht eines. Der Gast geht in Ruhe: gestoppt oder schlafend.",
    nameThere: "Name dort",
    projectThere: "Projekt dort",
    networksThere: "Netze dort",
    networksHint: "Wo eines dort anders heißt: default=lab, eines je Zeile.",
  },
  arrivals: {
    action: "Einen Gast kommen lassen",
    title: "Einen Gast von außerhalb kommen lassen",
    hint: "Dieses Token lässt einen Gast zu diesem Rechner kommen, der auf einem Rechner außerhalb seines Verbunds ist: Dort „Auf einen anderen Rechner umziehen“ wählen und es einfügen, oder 'lodge move GAST --token' und dies eingeben. Wer es hat, kann sonst nichts damit tun.",
    copy: "Token kopieren",
    waiting: "Warten auf das Wort ihrer Quelle",
    waitingHint:
      "Alles von ihnen ist hier, und der Rechner, von dem sie kommen, hat noch nicht gesagt, wessen sie sind. Er sagt es, sobald er läuft und diesen erreicht. Nur wo er das nie mehr wird, hier an seiner Stelle sagen.",
    one: (guest: string, from: string) => `${guest}, von ${from}`,
    take: "Er gehört diesem Rechner",
    drop: "Entfernen, was kam",
  },
  place: {
    title: "Im Verbund",
    change: "Ändern",
    of: (guest: string) => `${guest} im Verbund`,
    hint: "Wo von jetzt an ein Platz für ihn gesucht wird. Er bleibt, wo er ist, bis er umzieht.",
    host: "Rechner",
    createHint: "Er bleibt auf diesem Rechner: Auch später wird nur dort ein Platz für ihn gesucht.",
    onlyOn: "Nur auf",
    onlyOnHint: "Rechner beim Namen. Keiner: auf jedem.",
    hostLabels: "Rechner mit",
    hostLabelsHint: "Etiketten von Rechnern, etwa zone=a.",
    near: "Zusammen mit",
    nearHint: "Gäste, oder Etiketten von Gästen, etwa app=web.",
    apart: "Getrennt von",
    apartHint: "Gäste, oder Etiketten von Gästen: Sie sind nicht mit ihm auf einem Rechner.",
    tolerates: "Erträgt",
    toleratesHint: "Makel von Rechnern, die ihm nichts ausmachen.",
    required: "muss",
    preferred: "besser",
    strict: "Es muss so sein, auch wenn er dann keinen Platz findet",
    ha: "Kommt auf einem anderen Rechner zurück, wenn seiner stirbt",
    haHint:
      "Seine Platten müssen liegen, wo ein anderer Rechner hinkommt, und ihr Speicher muss den gestorbenen Rechner abweisen können.",
    haYes: (priority: number) => `ja, Vorrang ${priority}`,
    haNo: "nein",
    priority: "Vorrang",
    priorityHint: "Die mit dem höchsten kommen zuerst zurück.",
    where: "Wo",
  },
  replica: {
    title: "Replikat",
    of: (guest: string) => `Replikat von ${guest}`,
    none: "keines",
    inSync: (host: string) => `auf ${host}, gleich`,
    copying: (host: string, left: string) =>
      `auf ${host}, wird kopiert${left === "" ? "" : `: noch ${left}`}`,
    behind: (host: string, left: string, why: string) =>
      `auf ${host}, zurück${left === "" ? "" : ` um ${left}`}${why === "" ? "" : `: ${why}`}`,
    to: "Auf",
    best: "dem Rechner, der am besten passt",
    set: "Replikat anlegen",
    setHint:
      "Was der Gast schreibt, ist auf beiden Rechnern, bevor er hört, dass es geschrieben ist. Erreichen sie sich nicht, wartet der Gast einige Sekunden und läuft ohne weiter.",
    remove: "Replikat entfernen",
    removeHint: (host: string) => `Was ${host} von seinen Platten hat, wird entfernt. Der Gast läuft weiter.`,
  },
  away: {
    waits:
      "Was hier über den Gast steht, war zuletzt bekannt. Er läuft vielleicht weiter und ist wieder zu benutzen, wenn sein Rechner antwortet.",
    highlyAvailable:
      "Dieser Gast ist hochverfügbar: Er startet von selbst auf einem anderen Rechner, sobald sicher ist, dass er hier nicht mehr läuft.",
    byItself: (host: string) =>
      `Das Replikat dieses Gastes auf ${host} ist gleich: Er startet von selbst daraus, sobald sicher ist, dass er hier nicht mehr läuft.`,
    byHand: (host: string) =>
      `Was hier über den Gast steht, war zuletzt bekannt. Kommt sein Rechner nicht zurück, kann er aus seinem Replikat auf ${host} gestartet werden.`,
    promote: "Aus dem Replikat starten",
    title: (guest: string) => `${guest} aus dem Replikat starten`,
    hint: (host: string, to: string) =>
      `${host} antwortet nicht. Der Gast startet auf ${to} mit dem, was dort von seinen Platten ist; was in seinem Arbeitsspeicher war, ist fort. ${host} kann ihn von da an nicht mehr ändern.`,
    inSync: (guest: string) =>
      `Es fehlt nichts: Das Replikat hat alles, wovon ${guest} gehört hat, dass es geschrieben ist.`,
    loses: (guest: string, at: string, ago: string | undefined) =>
      `Was ${guest} nach dem ${at}${ago === undefined ? "" : ` (${ago})`} geschrieben hat, fehlt im Replikat: Er startet ohne.`,
    maybe: (guest: string) =>
      `${guest} lief vielleicht weiter, nachdem von seinem Rechner zuletzt zu hören war, denn er ist nicht hochverfügbar: Er startet ohne, was er da geschrieben hat.`,
    nothingWhole: (host: string) =>
      `Das Replikat auf ${host} war noch nie gleich: Es ist nichts Ganzes darin, womit er starten könnte. Bring den Rechner zurück.`,
    keeps: (host: string) =>
      `Was nur ${host} hat, geht nicht verloren: Seine Platten werden dort zu Volumes, sobald er zurück ist.`,
    accept: "Er startet ohne, was fehlt",
    off: (host: string) =>
      `${host} muss aus sein, sonst liefen beide: Dafür sorgt sein Abschalter. Hat er keines, sieh nach dem Rechner, und sag auf der Seite der Rechner, dass er aus ist.`,
    start: (host: string) => `Auf ${host} starten`,
    started: (guest: string, host: string) => `${guest} startet auf ${host}.`,
  },
  placed: {
    ask: "Wohin käme er?",
    title: "Wohin er käme",
    goes: (host: string) => `Er kommt auf ${host}.`,
    nowhere: "Kein Rechner kann ihn haben.",
    nowhereHint: "Was jedem fehlt und was hülfe, steht darunter.",
    policies: {
      balance: "Von den Rechnern, die ihn haben können, der mit den meisten Punkten; ein leererer hat mehr.",
      pack: "Von den Rechnern, die ihn haben können, der mit den meisten Punkten; ein vollerer hat mehr.",
    },
    can: "Rechner, die ihn haben können",
    cannot: "Rechner, die es nicht können",
    points: (count: string) => `${count} Punkte`,
    scores: {
      room: "Platz",
      accelerator: "Beschleuniger",
      affinity: "Zusammen mit",
      antiAffinity: "Getrennt von",
      template: "Vorlage",
      siblings: "Geteilter Speicher",
      image: "Abbild",
    } as Readonly<Record<string, string>>,
  },
  placing: {
    title: "Wohin Gäste kommen",
    policy: "Ein neuer Gast kommt auf",
    policies: {
      balance: "den Rechner, der am leersten bleibt",
      pack: "den Rechner, der am vollsten wird, damit andere aus sein können",
    },
    spread: "Gäste werden neu verteilt",
    spreadHint: "Alle zehn Minuten wird ein Plan gemacht und auf dieser Seite gezeigt.",
    rebalances: {
      off: "nur, wenn jemand darum bittet",
      plan: "nach einem Plan, der nur gezeigt wird",
      apply: "nach einem Plan, der ausgeführt wird",
    },
    hours: (hours: string) => `${hours} Uhr`,
    when: "In diesen Stunden",
    whenHint: "Nach der Zeit der Rechner, etwa 22-6. Leer: jederzeit.",
    tolerance: "Rechner dürfen auseinander sein um",
    toleranceHint: "Rechner, deren Last so nah am Mittel ist, bleiben, wie sie sind.",
    reserve: "Platz bleibt frei für den Ausfall von",
    reserveHint:
      "Damit alle hochverfügbaren Gäste einen Platz finden: Andere werden abgewiesen, wo sie diesen Platz nähmen.",
    noReserve: "keinem Rechner",
    hosts: (count: number) => (count === 1 ? "1 Rechner" : `${count} Rechnern`),
    holds: "alle hochverfügbaren Gäste fänden einen Platz",
    lacks: (guest: string, hosts: string, reason: string) =>
      `${guest} fände keinen Platz ohne ${hosts}: ${reason}`,
  },
};
