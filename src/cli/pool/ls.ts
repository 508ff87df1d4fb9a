import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatSize } from "../values.ts";

const columns: readonly Column<Schemas["Pool"]>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "STATE", cell: ({ state }) => state },
  { title: "FREE", cell: ({ state, free }) => (state === "ready" ? formatSize(free) : "–"), align: "right" },
  { title: "USED", cell: ({ state, used }) => (state === "ready" ? formatSize(used) : "–"), align: "right" },
  { title: "PROMISED", cell: ({ promised }) => formatSize(promised), align: "right" },
  { title: "QUOTA", cell: ({ quota }) => (quota === undefined ? "–" : formatSize(quota)), align: "right" },
  { title: "VOLUMES", cell: ({ volumes }) => String(volumes), align: "right" },
  { title: "TARGET", cell: ({ target }) => target },
];

export const ls = command({
  operands: [],
  options: listOptions,
  about: `USED is what volumes and snapshots take there, PROMISED what its volumes have as their guests see them: the quota
    counts that. A pool that is unusable says why in 'lodge pool show'.`,
  examples: [["lodge pool ls", "where volumes can be, and what is left there"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.spread("poolList"), options, {
      columns,
      name: ({ name }) => name,
      empty: "There are no pools.",
    });
  },
});
