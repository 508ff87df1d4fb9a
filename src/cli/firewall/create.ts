import { command, text } from "../command.ts";
import { formatOption, printData } from "../output.ts";

export const create = command({
  operands: [{ name: "NAME" }],
  options: { description: text("TEXT", "What it is for."), ...formatOption },
  about: `A group without rules allows nothing in, and everything out. It holds for nobody until it is attached.`,
  examples: [["lodge firewall create web --description 'what everybody may reach'", "an empty group"]],
  async run({ operands, options }, { client, terminal }) {
    const [name = ""] = operands;
    const { description, format } = options;
    const body = { name, ...(description === undefined ? {} : { description }) };
    const made = await client.call("firewallCreate", { body });
    if (format === "json" || format === "yaml") return printData(terminal, made, format);
    terminal.print(made.name);
  },
});
