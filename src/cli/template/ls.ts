import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatAge, formatSize } from "../values.ts";

const columns = (now: number): readonly Column<Schemas["Template"]>[] => [
  { title: "ID", cell: ({ id }) => id },
  { title: "IMAGE", cell: ({ imageName }) => imageName },
  { title: "STATE", cell: ({ state }) => state },
  { title: "CPUS", cell: ({ cpus }) => String(cpus), align: "right" },
  { title: "MEMORY", cell: ({ memory }) => formatSize(memory), align: "right" },
  { title: "IN RAM", cell: ({ resident }) => formatSize(resident), align: "right" },
  { title: "ON DISK", cell: ({ stored }) => formatSize(stored), align: "right" },
  { title: "GUESTS", cell: ({ guests }) => String(guests), align: "right" },
  { title: "USED", cell: ({ usedAt }) => `${formatAge(usedAt, now)} ago` },
  { title: "WHY", cell: ({ reason }) => reason ?? "" },
];

export const ls = command({
  operands: [],
  options: listOptions,
  examples: [["lodge template ls", "what guests can be forked from"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.spread("templateList"), options, {
      columns: columns(Date.now()),
      name: ({ id }) => id,
      empty: "No template is parked. 'lodge template build debian-13' parks one.",
    });
  },
});
