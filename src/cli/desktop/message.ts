import { command } from "../command.ts";

export const message = command({
  operands: [{ name: "DESKTOP", complete: "desktop" }, { name: "TEXT" }],
  options: {},
  examples: [["lodge desktop message dt0123456789 'Please save your work'", "in the page of whoever has it"]],
  async run({ operands }, { client, terminal }) {
    const [desktop = "", text = ""] = operands;
    const { user } = await client.call("desktopMessage", { params: { desktop }, body: { text } });
    terminal.print(`${user} reads it`);
  },
});
