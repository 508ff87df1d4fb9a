/** Folders of the host that guests see. */
export const shareText = {
  shares: {
    title: "Shared folders",
    hint: "Folders of the host that it sees. With one it cannot be branched or suspended.",
    empty: "It sees no folder of the host.",
    add: "Share a folder",
    name: "Name",
    path: "Folder of the host",
    pathHint: "What root in the guest makes there belongs to the folder's owner.",
    at: "Place in the guest",
    atHint: "Its agent mounts it there; left empty: /mnt and the folder's name.",
    may: "The guest may",
    mayRead: "read",
    mayWrite: "read and write",
    readOnly: "Read-only",
    readOnlyHint: "Root's own folders can be shared only so.",
    removeTitle: (name: string) => `Share ${name} no more?`,
    removeWarning: "What lies in the folder stays as it is.",
  },
};
