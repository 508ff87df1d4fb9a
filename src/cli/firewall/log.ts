import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";

const columns: readonly Column<Schemas["FirewallLogLine"]>[] = [
  { title: "AT", cell: ({ at }) => at },
  { title: "RULE", cell: ({ rule }) => rule },
  { title: "PACKET", cell: ({ text }) => text },
];

export const log = command({
  operands: [{ name: "GROUP", complete: "firewall" }],
  options: listOptions,
  about: `Packets that rules with --log allowed, as far back as the kernel's log goes: five a second of each rule, and ten at once.`,
  examples: [["lodge firewall log web", "oldest first"]],
  async run({ operands, options }, { client, terminal }) {
    const [firewall = ""] = operands;
    await printList(terminal, await client.call("firewallLog", { params: { firewall } }), options, {
      columns,
      name: ({ rule }) => rule,
      empty: "Nothing was logged.",
    });
  },
});
