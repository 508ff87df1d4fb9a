import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";

const columns: readonly Column<Schemas["Firewall"]>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "RULES", cell: ({ rules }) => String(rules.length), align: "right" },
  { title: "GUESTS", cell: ({ guests }) => guests.join(", ") || "–" },
  { title: "NETWORKS", cell: ({ networks }) => networks.join(", ") || "–" },
  { title: "DESCRIPTION", cell: ({ description }) => description },
];

export const ls = command({
  operands: [],
  options: listOptions,
  examples: [["lodge firewall ls", "groups, and whom they are attached to"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("firewallList"), options, {
      columns,
      name: ({ name }) => name,
      empty: "There are no firewall groups.",
    });
  },
});
