/** Projekte, und wer darin eine Rolle hat. */
export const projectText = {
  projects: {
    title: "Projekte",
    add: "Neues Projekt",
    empty: "Alles ist in einem Projekt",
    emptyHint:
      "Ein weiteres hält seine Gäste, Abbilder und sein Netz getrennt, und die Leute, die sie sehen dürfen.",
    none: "Du hast noch in keinem Projekt eine Rolle",
    noneHint: "Bitte einen Verwalter um eine. Was du dann sehen darfst, ist sofort hier.",
    about: "Wofür es ist",
    nameHint: "Kleinbuchstaben, Ziffern und Bindestriche, am Anfang ein Buchstabe.",
    encrypted: "Neue Gäste und Datenträger verschlüsseln",
    encryptedHint: "Wenn nichts anderes verlangt wird. Vorhandene bleiben, wie sie sind.",
    yourRole: "Deine Rolle",
    members: "Mitglieder",
    membersOf: (project: string) => `Mitglieder von ${project}`,
    membersHint: "Wer eine Rolle hat, die in allen Projekten gilt, hat sie auch hier.",
    noMembers: "Niemandem wurde hier eine Rolle gegeben.",
    account: "Konto",
    grant: "Geben",
    describe: "Beschreiben",
    removeTitle: (name: string) => `${name} entfernen?`,
    removeWarning:
      "Nur ein leeres Projekt wird entfernt. Die Rollen darin, Token dafür und sein Netz gehen mit ihm.",
  },
};
