import { command } from "../command.ts";
import { formatOption, printData } from "../output.ts";
import { tellingOf, tellingOptions } from "./options.ts";

export const add = command({
  operands: [{ name: "NAME" }, { name: "URL" }],
  options: { ...tellingOptions, ...formatOption },
  about: `Tells an HTTP server of what happens here, from now on: by POST, as JSON, signed as "Standard Webhooks" are. Prints the
    secret that messages are signed with, which is shown this once. Without --event, of everything. An address on this
    computer or in its own networks has to be opened first: 'lodge outbound --allow ADDRESS'.`,
  examples: [
    ["lodge webhook add ci https://ci.example.com/lodge", "of everything"],
    [
      "lodge webhook add chat https://chat.example.com/in --event guest.crashed --label tier=front",
      "of some guests, when they crash",
    ],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [name = "", url = ""] = operands;
    const made = await client.call("webhookCreate", { body: { name, url, ...tellingOf(options) } });
    if (options.format === "json" || options.format === "yaml")
      return printData(terminal, made, options.format);
    terminal.print(made.secret);
  },
});
