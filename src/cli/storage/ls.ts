import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatSize } from "../values.ts";

const columns: readonly Column<Schemas["StorageItem"]>[] = [
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "NAME", cell: ({ name }) => name },
  { title: "TAKES", cell: ({ bytes }) => formatSize(bytes), align: "right" },
  { title: "SIZE", cell: ({ size }) => (size === undefined ? "–" : formatSize(size)), align: "right" },
  { title: "GUESTS", cell: ({ guests }) => guests.map(({ name }) => name).join(", ") || "–" },
];

export const ls = command({
  operands: [],
  options: listOptions,
  about: `Images, the disks of guests and what they share, what templates and snapshots keep, suspended memory, recordings, uploads:
the largest first. TAKES is what a file has of the host's disk, SIZE what it shows to those who use it.`,
  examples: [["lodge storage ls", "what takes space on this host, and for whom"]],
  async run({ options }, { client, terminal }) {
    const { items } = await client.call("storageGet");
    await printList(terminal, items, options, {
      columns,
      name: ({ id }) => id,
      empty: "Nothing is stored.",
    });
  },
});
