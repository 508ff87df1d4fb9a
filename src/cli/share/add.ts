import { command, flag, text } from "../command.ts";
import { localPath } from "../paths.ts";

export const add = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "FOLDER", complete: "file" },
  ],
  options: {
    name: text("NAME", "By which the guest mounts it (default: as the folder is called)."),
    at: text("PLACE", "Where the guest's agent mounts it (default: /mnt/NAME)."),
    "read-only": flag("The guest may only read there."),
  },
  about: `FOLDER is one of the host's, and the guest is stopped. The guest's agent mounts it whenever the guest has started; one
    without an agent does so by 'mount -t virtiofs NAME PLACE'. What root in the guest makes there belongs to the folder's
    owner; so root's own folders are shared read-only alone. Folders of the system and of Lodge are not shared.

    What a guest knows of such a folder can be neither saved nor doubled: a guest that has one boots, and is not branched,
    suspended or taken a snapshot of with its memory. For admins of the host.`,
  examples: [
    ["lodge share add web /srv/code", "at /mnt/code in the guest"],
    ["lodge share add web ./site --at /var/www --read-only", "to serve, not to change"],
  ],
  async run({ operands: [guest = "", folder = ""], options }, { client, terminal, local }) {
    const { name, at } = options;
    const body = {
      path: localPath(folder, local),
      ...(name === undefined ? {} : { name }),
      ...(at === undefined ? {} : { at }),
      ...(options["read-only"] ? { readOnly: true } : {}),
    };
    const { shares } = await client.call("shareAdd", { params: { guest }, body });
    const made = shares!.at(-1)!;
    const how = made.readOnly ? ", read-only" : "";
    terminal.print(`${guest} shares ${made.path} as ${made.name}, at ${made.at}${how}`);
  },
});
