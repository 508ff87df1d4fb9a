/** Projects and who has a role in them. */
export const projectText = {
  projects: {
    title: "Projects",
    add: "New project",
    empty: "Everything is in one project",
    emptyHint: "Another one keeps its guests, images and network apart, and the people who may see them.",
    none: "You have a role in no project yet",
    noneHint: "Ask an admin to grant you one. What you may see then is here at once.",
    about: "What it is for",
    nameHint: "Lower-case letters, digits and hyphens, beginning with a letter.",
    encrypted: "Encrypt new guests and volumes",
    encryptedHint: "Unless they are asked for otherwise. Those that are there stay as they are.",
    yourRole: "Your role",
    members: "Members",
    membersOf: (project: string) => `Members of ${project}`,
    membersHint: "People with a role that counts in every project have it here as well.",
    noMembers: "Nobody was granted a role in it.",
    account: "Account",
    grant: "Grant",
    describe: "Describe",
    removeTitle: (name: string) => `Remove ${name}?`,
    removeWarning:
      "Only an empty project is removed. The roles in it, tokens for it and its network go with it.",
  },
};
