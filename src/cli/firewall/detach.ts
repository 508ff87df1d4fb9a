import { command } from "../command.ts";
import { holdsFor, userOptions, usersOf } from "./users.ts";

export const detach = command({
  operands: [{ name: "GROUP", complete: "firewall" }],
  options: userOptions,
  about: "Guests without any group are reached by all that their network allows.",
  examples: [["lodge firewall detach web --guest shop-1", "no longer for this guest"]],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [firewall = ""] = operands;
    const body = usersOf(options, command);
    terminal.print(holdsFor(await client.call("firewallDetach", { params: { firewall }, body })));
  },
});
