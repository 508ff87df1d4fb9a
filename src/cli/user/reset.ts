import { command } from "../command.ts";
import { printLink } from "./link.ts";

export const reset = command({
  operands: [{ name: "NAME", complete: "user" }],
  options: {},
  about: `Prints a link with which a new password is chosen. The old one holds until the link is used; then every session
    of the account ends.`,
  examples: [["lodge user reset anna", "anna forgot her password"]],
  async run({ operands }, { client, terminal }) {
    const [user = ""] = operands;
    printLink(terminal, await client.call("userReset", { params: { user } }));
  },
});
