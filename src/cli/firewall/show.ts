import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { formatAge } from "../values.ts";
import { ruleLine } from "./rows.ts";

export const show = command({
  operands: [{ name: "GROUP", complete: "firewall" }],
  options: formatOption,
  about:
    "Each rule begins with its id, and says how many packets it allowed since the group was changed last.",
  examples: [["lodge firewall show web", "its rules, and whom they hold for"]],
  async run({ operands, options }, { client, terminal }) {
    const [firewall = ""] = operands;
    const found = await client.call("firewallGet", { params: { firewall } });
    await printItem(terminal, found, options.format, (shown) => [
      ["name", shown.name],
      ["id", shown.id],
      ["description", shown.description],
      ["rules", shown.rules.map(ruleLine).join("\n")],
      ["guests", shown.guests.join(" ")],
      ["networks", shown.networks.join(" ")],
      ["made", `${formatAge(shown.createdAt, Date.now())} ago`],
    ]);
  },
});
