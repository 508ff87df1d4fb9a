import { writeFile } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import { command } from "../command.ts";
import { fileError } from "../paths.ts";

export const screenshot = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "FILE", optional: true, complete: "file" },
  ],
  options: {},
  about: `What the guest's display shows, as a PNG. FILE is GUEST.png where none is given; - is standard output.`,
  examples: [
    ["lodge screenshot win", "saves win.png"],
    ["lodge screenshot win - | wl-copy", "hands it on"],
  ],
  async run({ operands }, { client, terminal }) {
    const [guest = "", file = `${guest}.png`] = operands;
    if (file === "-" && terminal.stdout.isTTY)
      throw new LodgeError("cli.terminal_output", { what: "A picture" });
    const picture = await client.call("guestScreenshot", { params: { guest } });
    if (file === "-") return void terminal.stdout.write(picture);
    try {
      await writeFile(file, picture);
    } catch (error) {
      throw fileError(file, error);
    }
    terminal.print(`Saved ${file}`);
  },
});
