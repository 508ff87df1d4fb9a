import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";

const columns: readonly Column<Schemas["Network"]>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "SUBNET", cell: ({ subnet }) => subnet ?? "–" },
  { title: "GATEWAY", cell: ({ gateway }) => gateway ?? "–" },
  { title: "BRIDGE", cell: ({ bridge }) => bridge ?? "–" },
  { title: "HOSTS", cell: ({ hosts }) => (hosts ? String(hosts.length) : "–"), align: "right" },
  { title: "GUESTS", cell: ({ guests }) => String(guests), align: "right" },
];

export const ls = command({
  operands: [],
  options: listOptions,
  examples: [["lodge network ls", "networks that guests can be on"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("networkList"), options, {
      columns,
      name: ({ name }) => name,
      empty: "There are no networks.",
    });
  },
});
