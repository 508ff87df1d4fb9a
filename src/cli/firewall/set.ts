import { LodgeError } from "#contract/errors";
import { command, text } from "../command.ts";

export const set = command({
  operands: [{ name: "GROUP", complete: "firewall" }],
  options: { description: text("TEXT", "What it is for.") },
  about: "Its rules are changed by 'lodge firewall allow' and 'lodge firewall revoke'.",
  examples: [["lodge firewall set web --description 'the shop'", "says what it is for"]],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [firewall = ""] = operands;
    const { description } = options;
    if (description === undefined)
      throw new LodgeError("api.usage", { reason: "Nothing is to change", command });
    terminal.print(
      (await client.call("firewallUpdate", { params: { firewall }, body: { description } })).name,
    );
  },
});
