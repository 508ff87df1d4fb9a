/** Was mit einem Verbund als Ganzem getan wird: Abschalter, Umverteilen, Sichern. */
export const fenceText = {
  fences: {
    title: "Abschalter",
    hint: "Für jeden Rechner ein Befehl, der ihn von außen abschaltet, damit seine Gäste in geteilten Pools anderswo wiederkommen können, ohne doppelt zu laufen.",
    of: (host: string) => `Abschalter von ${host}`,
    none: "keiner: Gäste in geteilten Pools kommen von ihm nicht wieder",
    command: "Befehl",
    commandHint: "Das Programm mit ganzem Pfad, dann jedes Argument auf einer eigenen Zeile.",
    timeout: "Er darf dauern",
    last: "Zuletzt benutzt",
    never: "nie",
    worked: "gelang",
    failed: "misslang",
    set: "Setzen",
    change: "Ändern",
    setTitle: (host: string) => `Was ${host} abschaltet`,
    setHint:
      "Er läuft als root auf dem Rechner, der übernimmt, und muss darum auf jedem am selben Pfad liegen. Exitcode 0 heißt, dass der Rechner sicher aus ist: was er sagt, wird geglaubt.",
    confirm: "Er ist aus",
    confirmTitle: (host: string) => `Ist ${host} aus?`,
    confirmWarning:
      "Seine hochverfügbaren Gäste starten dann auf anderen Rechnern. Ist er nicht aus, schreiben beide auf dieselben Platten und zerstören sie: erst nachsehen.",
    removeTitle: (host: string) => `Den Abschalter von ${host} entfernen?`,
    removeWarning:
      "Geht der Rechner verloren, bleiben seine Gäste in geteilten Pools weg, bis jemand sagt, dass er aus ist.",
  },
  rebalancing: {
    action: "Umverteilen",
    title: "Gäste neu verteilen",
    hint: "Noch ist nichts umgezogen: das ist der Plan. Die Umzüge geschehen einer nach dem anderen.",
    nothing: "Kein Gast muss umziehen.",
    underWay: "Die Umzüge geschehen einer nach dem anderen, solange dies offen ist.",
    moves: (count: number) => (count === 1 ? "1 Gast zieht um" : `${count} Gäste ziehen um`),
    apart: (before: string, after: string) =>
      `Die Last der Rechner liegt ${before} auseinander, danach ${after}.`,
    begin: "Umziehen lassen",
    moving: "zieht um",
    done: "ist da",
  },
  backup: {
    action: "Sichern",
    title: "Sichern, was der Verbund weiß",
    hint: "Einträge über Gäste, Netze und Konten aller Rechner, nicht was auf Platten liegt.",
    key: "Geheimes darin ist mit einem Schlüssel versiegelt, den jeder Rechner in cluster/secret.key von Lodges Ordner hat. Bewahre davon anderswo eine Kopie auf.",
    path: (host: string) => `Datei auf ${host}, die es noch nicht gibt`,
    where: "Wohin",
    here: "Auf diesen Computer",
    there: (host: string) => `In eine Datei auf ${host}`,
    download: "Herunterladen",
    sent: (size: string) =>
      `Es ist heruntergeladen: ${size}. 'lodge cluster restore' auf einem Rechner beginnt damit neu.`,
    write: "Schreiben",
    written: (path: string, size: string) => `${path} hat alles: ${size}.`,
  },
  leave: {
    action: "Den Verbund verlassen",
    title: (host: string) => `${host} aus dem Verbund nehmen?`,
    warning:
      "Er steht dann allein, mit den Konten, die er vor dem Beitritt hatte, und ohne Images. Sein Daemon beginnt neu, und diese Seite fragt vielleicht neu nach der Anmeldung.",
  },
};
