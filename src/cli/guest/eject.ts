import { command, text } from "../command.ts";

export const eject = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: { drive: text("DRIVE", "Which drive, such as cd0 (default: the first).") },
  examples: [["lodge eject win", "take the ISO out"]],
  async run({ operands, options }, { client, terminal }) {
    const [guest = ""] = operands;
    const drive = options.drive === undefined ? {} : { drive: options.drive };
    await client.call("guestDrive", { params: { guest }, body: { image: null, ...drive } });
    terminal.print(`${guest}'s drive is empty`);
  },
});
