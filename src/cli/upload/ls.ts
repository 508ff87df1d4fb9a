import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatAge, formatSize } from "../values.ts";

const columns = (now: number): readonly Column<Schemas["Upload"]>[] => [
  { title: "UPLOAD", cell: ({ id }) => id },
  { title: "FILE", cell: ({ file }) => file },
  { title: "STATE", cell: ({ state }) => state },
  { title: "THERE", cell: ({ offset }) => formatSize(offset), align: "right" },
  { title: "OF", cell: ({ size }) => formatSize(size), align: "right" },
  { title: "BY", cell: ({ owner }) => owner },
  { title: "BEGUN", cell: ({ createdAt }) => `${formatAge(createdAt, now)} ago`, align: "right" },
];

export const ls = command({
  operands: [],
  options: listOptions,
  about: `Files that are on their way to becoming images: your own and, for an admin, everybody's. One that nobody
    goes on with is removed after a day.`,
  examples: [["lodge upload ls", "what has not arrived yet, or was not made an image"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("uploadList"), options, {
      columns: columns(Date.now()),
      name: ({ id }) => id,
      empty: "No upload is open.",
    });
  },
});
