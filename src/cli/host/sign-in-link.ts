import { command } from "../command.ts";
import { printLink } from "../user/link.ts";

export const signInLink = command({
  operands: [],
  options: {},
  about: `Whoever opens it chooses a name and a password, and is an admin from then on. A link that was made before and
    not used is void.`,
  examples: [["lodge sign-in-link", "the first account, or one more admin's"]],
  async run(_input, { client, terminal }) {
    printLink(terminal, await client.call("signInLink"));
  },
});
