import { command } from "../command.ts";
import { holdsFor, userOptions, usersOf } from "./users.ts";

export const attach = command({
  operands: [{ name: "GROUP", complete: "firewall" }],
  options: userOptions,
  about:
    "A guest that groups are attached to is reached by what their rules allow, and by answers to what it began.",
  examples: [
    ["lodge firewall attach web --guest shop-1 --guest shop-2", "for two guests"],
    ["lodge firewall attach base --network default", "for all guests of a network"],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [firewall = ""] = operands;
    const body = usersOf(options, command);
    terminal.print(holdsFor(await client.call("firewallAttach", { params: { firewall }, body })));
  },
});
