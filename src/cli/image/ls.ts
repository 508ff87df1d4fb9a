import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatAge, formatSize } from "../values.ts";

const columns = (now: number): readonly Column<Schemas["Image"]>[] => [
  { title: "NAME", cell: ({ name }) => name },
  { title: "KIND", cell: ({ kind, format }) => (kind === "iso" ? "iso" : `disk, ${format}`) },
  { title: "SIZE", cell: ({ size }) => formatSize(size), align: "right" },
  { title: "STORED", cell: ({ stored }) => formatSize(stored), align: "right" },
  { title: "MADE", cell: ({ createdAt }) => `${formatAge(createdAt, now)} ago`, align: "right" },
  { title: "AGENT", cell: ({ agent }) => agent },
  { title: "ABOUT", cell: ({ description }) => description },
];

export const ls = command({
  operands: [],
  options: listOptions,
  examples: [
    ["lodge image ls", "all images"],
    ["lodge image ls -f yaml", "everything about them"],
  ],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("imageList"), options, {
      columns: columns(Date.now()),
      name: ({ name }) => name,
      empty: "There are no images. 'lodge image build debian-13' makes one.",
    });
  },
});
