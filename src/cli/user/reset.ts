import { command, flag } from "../command.ts";
import { printLink } from "./link.ts";

export const reset = command({
  operands: [{ name: "NAME", complete: "user" }],
  options: {
    "drop-second-factor": flag("The telephone is gone as well: using the link ends the codes of its app."),
  },
  about: `Prints a link with which a new password is chosen. The old one holds until the link is used; then every session
    of the account ends.`,
  examples: [
    ["lodge user reset ops", "the password is forgotten"],
    ["lodge user reset ops --drop-second-factor", "and the telephone lost"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [user = ""] = operands;
    printLink(
      terminal,
      await client.call("userReset", {
        params: { user },
        body: { dropSecondFactor: options["drop-second-factor"] ?? false },
      }),
    );
  },
});
