import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";

const columns: readonly Column<Schemas["DesktopPool"]>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "SOURCE", cell: ({ image, guest }) => image ?? `guest ${guest}` },
  { title: "KEEPS", cell: ({ keeps }) => keeps },
  { title: "READY", cell: ({ ready, standby }) => `${ready}/${standby.count}`, align: "right" },
  {
    title: "DESKTOPS",
    cell: ({ desktops, most }) => (most === undefined ? String(desktops) : `${desktops}/${most}`),
    align: "right",
  },
  { title: "CONNECTED", cell: ({ connected }) => String(connected), align: "right" },
  { title: "AILS", cell: ({ ails }) => ails?.message ?? "–" },
];

export const ls = command({
  operands: [],
  options: listOptions,
  about:
    "READY: standbys that wait for somebody, and how many there are to be. DESKTOPS: those that people have.",
  examples: [["lodge desktop-pool ls", "pools, and how they stand"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("desktopPoolList"), options, {
      columns,
      name: ({ name }) => name,
      empty: "There are no desktop pools. 'lodge desktop-pool create' makes one.",
    });
  },
});
