import { command, text } from "../command.ts";
import { localPath } from "../paths.ts";

export const insert = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "ISO", complete: "image" },
  ],
  options: { drive: text("DRIVE", "Which drive, such as cd0 (default: the first).") },
  about: `ISO is the name of an image or a file on this computer. What was in the drive is ejected; the guest may
    be running.`,
  examples: [
    ["lodge insert win virtio-drivers", "an image that Lodge has"],
    ["lodge insert win ./drivers.iso", "a file"],
  ],
  async run({ operands, options }, { client, terminal, local }) {
    const [guest = "", iso = ""] = operands;
    const image = localPath(iso, local);
    const drive = options.drive === undefined ? {} : { drive: options.drive };
    await client.call("guestDrive", { params: { guest }, body: { image, ...drive } });
    terminal.print(`${iso} is in ${guest}'s drive`);
  },
});
